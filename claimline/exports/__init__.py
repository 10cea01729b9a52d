"""What leaves: tables (CSV, JSON Lines, XLSX), Atom feeds, ClaimReview. Values in, bytes out; nothing is read here."""
