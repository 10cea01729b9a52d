"""What each page shows, as frozen contexts: read through `storage`, shaped here, drawn by the templates; nothing is decided."""
