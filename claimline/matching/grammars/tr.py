"""How Turkish reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    order="sov",
    drops_subject=True,
    verbs=(
        r"söyledi(?:ler)?|söylüyor|söylemişti|dedi(?:ler)?|diyor|demişti|belirtti(?:ler)?|belirtiyor|"
        r"açıkladı(?:lar)?|açıklıyor|ifade etti(?:ler)?|ifade ediyor|kaydetti(?:ler)?|"
        r"vurguladı(?:lar)?|vurguluyor|bildirdi(?:ler)?|aktardı(?:lar)?|anlattı|duyurdu(?:lar)?|ekledi|"
        r"dile getirdi(?:ler)?|savundu(?:lar)?|cevapladı|vadetti|iddiasında bulundu|eleştirdi(?:ler)?|"
        r"tepki gösterdi|çağrı yaptı|sözlerini kullandı|yorumunu yaptı|değerlendirmesinde bulundu|mesajını verdi|"
        r"teyit etti|tahmin etti|tahmin ediyor|önerdi|sözünü verdi|garanti etti|özetledi|yineledi|savunuyor|"
        r"iddia etti(?:ler)?|"
        r"iddia ediyor|ileri sürdü(?:ler)?|öne sürdü(?:ler)?|yalanladı(?:lar)?|reddetti(?:ler)?|reddediyor|"
        r"doğruladı(?:lar)?|uyardı(?:lar)?|uyarısında bulundu|konuştu|"
        r"değerlendirdi|itiraf etti|hatırlattı|yanıtladı|yanıt(?:ını)? verdi|cevap verdi|cevabını verdi|işaret etti|"
        r"dikkat çekti|altını çizdi|kabul etti|yazdı|"
        r"açıklama(?:sında|da)? bulundu|ifadelerini kullandı|ifadesini kullandı|çağrısında bulundu|suçladı|inanıyor|"
        r"düşünüyor|bilgisini verdi|tekrarladı|duyurmuştu|açıklamıştı|"
        r"söylerken|anlatıyor|aktarıyor|ekliyor|uyarıyor(?:lar)?|hatırlatıyor|yazıyor|paylaştı|paylaşımında bulundu|"
        r"ilan etti|beyan etti|bilgi verdi|diye yazdı|diye sordu|sordu|diye konuştu|şeklinde konuştu|dile getiriyor|"
        r"belirtmişti|vurgulamıştı|bildirmişti|aktarmıştı|iddiasını yineledi|yalanlıyor|doğruluyor|öngördü|"
        r"öngörüyor|temenni etti|teşekkür etti|kınadı|övdü|şikâyet etti|yakındı|itiraz etti|karşı çıktı|rica etti|"
        r"talep etti|taahhüt etti|tehdit etti|müjdesini verdi|müjdeledi|ifşa etti|ortaya koydu|işaret ediyor|"
        r"ısrar etti|görüşünü paylaştı|görüşünü dile getirdi|tespitinde bulundu|tavsiyesinde bulundu|"
        r"vaadinde bulundu|ikazında bulundu|şerhini düştü|notunu düştü|yanıtladı|karşılık verdi"
    ),
    participles=(
        r"diyen|belirten|söyleyen|vurgulayan|ifade eden|kaydeden|savunan|açıklayan|dile getiren|iddia eden|"
        r"hatırlatan|anlatan|öne süren|duyuran|aktaran|bildiren|konuşan|uyaran"
    ),
    agent=r"(?:yapılan|gelen|yayımlanan|yayınlanan)\s+(?:\w+\s+){0,2}(?:açıklama|duyuru|bildiri|mesaj|paylaşım)\w*",
    according=r"$^",
    zufolge=r"göre|ifadesiyle|deyişiyle",
    this_said=r"(?:Bunu|Açıklamayı|Bu açıklamayı|Bu sözleri|Konuyu|Konuya ilişkin)\b",
    pronouns=r"$^",
    prepositions=r"$^",
    breaks=r"$^",
    heads={
        "secretary general": r"[Gg]enel [Ss]ekreter(?:i|imiz)?",
        "prime minister": r"[Bb]aşbakan\w*",
        "president": r"[Cc]umhurbaşkan[ıi]?\w*|[Dd]evlet [Bb]aşkan[ıi]|ABD [Bb]aşkanı",
        "chancellor": r"[ŞSşs]ansölye\w*",
        "minister": r"[Bb]akan(?:ı|lar|ları)?(?!lı)",
        "spokesperson": r"[Ss]özcü(?:sü)?",
        "chief": (
            r"[Bb]aşkan(?:ı)?|[Ll]ider(?:i)?|[Gg]enel [Mm]üdür(?:ü)?|[Dd]irektör(?:ü)?|[Şş]ef(?:i)?|[Vv]ali(?:si)?|"
            r"[Kk]omutan(?:ı)?|CEO'?s?u?|patronu"
        ),
        "envoy": r"[Bb]üyükelçi(?:si)?|[Tt]emsilci(?:si)?",
        "person": (
            r"\w+l[ae]r(?:[ıi]n)?d[ae]n bir(?:i|isi)|\w+olog(?:u)?|[Yy]etkili(?:si|ler|leri)?|[Kk]aynak(?:lar|"
            r"ları)?|[Dd]iplomat(?:lar)?|[Dd]anışman(?:ı)?|"
            r"[Mm]illetvekili|[Ss]enatör(?:ü)?|[Uu]zman(?:ı|lar|ları)?|[Aa]nalist(?:i|ler)?|"
            r"[Bb]ilim insan(?:ı|ları)|[Pp]rofesör(?:ü)?|[Üü]yesi|[Aa]vukat(?:ı)?|[Ss]avcı(?:sı)?|[Dd]oktor|"
            r"[Ee]konomist(?:ler)?|[Mm]ühendis(?:i)?|[Tt]eknik direktör(?:ü)?|"
            r"[Bb]aşhekim(?:i)?|[Ss]akin(?:i|ler|leri)?|[Kk]omşu(?:su|lar|ları)?|[Tt]anı[kğ](?:ı|lar|ları)?|"
            r"[Öö]ğretmen(?:i|ler)?|[Öö]ğrenci(?:si|ler)?|[Hh]emşire(?:si)?|[Çç]iftçi(?:ler)?|[Bb]alıkçı(?:lar)?|"
            r"[Kk]üratör(?:ü)?|[Tt]arihçi(?:ler)?|[Aa]ktivist(?:ler)?|[Gg]östericiler|[Mm]ülteci(?:ler)?|"
            r"[Aa]sker(?:i|ler)?|[Aa]lbay|[Yy]arbay|[Ii]tfaiyeci(?:ler)?|[Cc]errah(?:ı)?|[Pp]ilot(?:u)?|"
            r"[İi]mam(?:ı)?|[Yy]azar(?:ı|lar|ları)?|[Ss]anatçı(?:sı)?|[Yy]önetmen(?:i)?|[Aa]rabulucu(?:su)?|"
            r"[Mm]üfettiş(?:i|ler)?|[Yy]atırımcı(?:lar)?|[Bb]ankacı(?:lar)?|[Ss]endikacı(?:lar)?|"
            r"[Çç]alışan(?:ı|lar|ları)?|[İi]şçi(?:si|ler)?|[Gg]azeteci(?:ler)?|[Mm]uhabir(?:i)?|[Ff]otoğrafçı|"
            r"[Mm]imar(?:ı)?|[Ff]izikçi(?:ler)?|[Kk]imyager|[Bb]aba(?:sı)?|[Aa]nne(?:si)?|[Kk]ardeşi|[Ee]şi|"
            r"[Kk]urucu(?:su)?|[Ss]ahibi|[Ii]ş insanı|[Gg]önüllü(?:ler)?|[Hh]ekim(?:i|ler)?|[Mm]üdür(?:ü|lüğü)?|"
            r"[Yy]argıç|[Hh]âkim(?:i)?|[Mm]uhtar(?:ı)?|[Kk]aymakam(?:ı)?|[Ee]mniyet müdürü"
        ),
        "body": (
            r"(?:[Bb]akanlı(?:k|ğı)|[Hh]ükümet(?:i)?|Beyaz Saray|Kremlin|Pentagon|[Şş]irket(?:i)?|[Kk]urum(?:u)?|"
            r"[Aa]jans(?:ı)?|[Öö]rgüt(?:ü)?|[Oo]rdu(?:su)?|[Mm]ahkeme(?:si)?|"
            r"[Kk]omisyon(?:u)?|[Mm]erkez [Bb]ankası|[Bb]üyükelçiliği|[Rr]apor|[Gg]azete(?:si)?)(?:n?[dt][ae]n)?"
        ),
    },
    modifiers=r"eski|üst düzey|adı açıklanmayan|Türk|Rus|Amerikalı|yeni|kıdemli",
    generic=(
        r"\w+l[ae]r(?:[ıi]n)?d[ae]n bir(?:i|isi)|[Yy]etkililer\w*|[Kk]aynaklar\w*|[Uu]zmanlar\w*|"
        r"[Aa]nalistler\w*|[Bb]ilim insanları\w*|[Dd]iplomatlar\w*|"
        r"[Yy]etkili|[Kk]aynak|[Ee]konomistler\w*|[Aa]raştırmaya|[Rr]apora|[Aa]nkete|[Vv]erilere|[İi]ddiaya|"
        r"[İi]ddialara|[Hh]aberlere|[Hh]abere|[Aa]çıklamaya|[Bb]ilgiye|[Bb]ilgilere"
    ),
    starts=words(
        "Bu Bir Ancak Ama Ve O Onun Bunun Şu Söz Öte Ayrıca Daha Son İki Her Hem Eğer Fakat Buna Bunu Geçen Önceki "
        "Aynı Sayın Prof Dr Doç Konuya Açıklamada Ayrıca"
    ),
)
