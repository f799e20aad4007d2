"""Replies as the mail programs of many languages write them, each above a quoted footer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    words: str  # wants out
    question: str  # does not
    footer: str
    gmail: str  # {n} is the name, {a} the address
    labels: str  # from, sent, to, subject of Outlook
    phone: str
    apple: str
    original: str  # the title above an original


ADDRESS = "news@example.net"
NAME = "Rosa Garten"
TONGUES = {
    "en": Tongue(words="Please take me off this list.", question="Do you have the red tulips in stock again?", footer="Unsubscribe here", gmail="On Tue, Mar 3, 2026 at 2:00 PM {n} <{a}> wrote:", labels="From|Sent|To|Subject", phone="Sent from my iPhone", apple="On Mar 3, 2026, at 14:05, {n} <{a}> wrote:", original="Original Message"),
    "de": Tongue(words="Bitte nehmen Sie mich vom Verteiler.", question="Haben Sie die roten Tulpen wieder vorrätig?", footer="Newsletter abbestellen", gmail="Am Di., 3. März 2026 um 14:05 Uhr schrieb {n} <{a}>:", labels="Von|Gesendet|An|Betreff", phone="Von meinem iPhone gesendet", apple="Am 03.03.2026 um 14:05 schrieb {n} <{a}>:", original="Ursprüngliche Nachricht"),
    "fr": Tongue(words="Merci de me retirer de la liste.", question="Avez-vous de nouveau les tulipes rouges ?", footer="Se désabonner", gmail="Le mar. 3 mars 2026 à 14:05, {n} <{a}> a écrit :", labels="De |Envoyé |À |Objet ", phone="Envoyé de mon iPhone", apple="Le 3 mars 2026 à 14:05, {n} <{a}> a écrit :", original="Message d'origine"),
    "es": Tongue(words="Por favor quítenme de la lista.", question="¿Tienen otra vez los tulipanes rojos?", footer="Darse de baja", gmail="El mar, 3 mar 2026 a las 14:05, {n} (<{a}>) escribió:", labels="De|Enviado el|Para|Asunto", phone="Enviado desde mi iPhone", apple="El 3 mar 2026, a las 14:05, {n} <{a}> escribió:", original="Mensaje original"),
    "pt": Tongue(words="Por favor, tirem-me da lista.", question="Ainda têm as tulipas vermelhas?", footer="Cancelar inscrição", gmail="Em ter., 3 de mar. de 2026 às 14:05, {n} <{a}> escreveu:", labels="De|Enviada em|Para|Assunto", phone="Enviado do meu iPhone", apple="No dia 3 de mar. de 2026, às 14:05, {n} <{a}> escreveu:", original="Mensagem original"),
    "it": Tongue(words="Toglietemi dalla lista, grazie.", question="Avete ancora i tulipani rossi?", footer="Annulla l'iscrizione", gmail="Il giorno mar 3 mar 2026 alle ore 14:05 {n} <{a}> ha scritto:", labels="Da|Inviato|A|Oggetto", phone="Inviato da iPhone", apple="Il giorno 3 mar 2026, alle ore 14:05, {n} <{a}> ha scritto:", original="Messaggio originale"),
    "nl": Tongue(words="Haal mij van de lijst alstublieft.", question="Hebben jullie de rode tulpen weer op voorraad?", footer="Afmelden voor deze nieuwsbrief", gmail="Op di 3 mrt 2026 om 14:05 schreef {n} <{a}>:", labels="Van|Verzonden|Aan|Onderwerp", phone="Verstuurd vanaf mijn iPhone", apple="Op 3 mrt 2026, om 14:05 heeft {n} <{a}> het volgende geschreven:", original="Oorspronkelijk bericht"),
    "pl": Tongue(words="Proszę usunąć mnie z listy.", question="Czy macie znowu czerwone tulipany?", footer="Wypisz się z newslettera", gmail="wt., 3 mar 2026 o 14:05 {n} <{a}> napisał(a):", labels="Od|Wysłano|Do|Temat", phone="Wysłane z iPhone'a", apple="Wiadomość napisana przez {n} <{a}> w dniu 3 mar 2026, o godz. 14:05:", original="Oryginalna wiadomość"),
    "sv": Tongue(words="Ta bort mig från listan, tack.", question="Har ni de röda tulpanerna igen?", footer="Avregistrera dig här", gmail="Den tis 3 mars 2026 kl 14:05 skrev {n} <{a}>:", labels="Från|Skickat|Till|Ämne", phone="Skickat från min iPhone", apple="3 mars 2026 kl. 14:05 skrev {n} <{a}>:", original="Ursprungligt meddelande"),
    "da": Tongue(words="Fjern mig fra listen, tak.", question="Har I de røde tulipaner igen?", footer="Afmeld nyhedsbrev", gmail="Den tirs. 3. mar. 2026 kl. 14.05 skrev {n} <{a}>:", labels="Fra|Sendt|Til|Emne", phone="Sendt fra min iPhone", apple="Den 3. mar. 2026 kl. 14.05 skrev {n} <{a}>:", original="Oprindelig meddelelse"),
    "nb": Tongue(words="Fjern meg fra listen, takk.", question="Har dere de røde tulipanene igjen?", footer="Meld deg av nyhetsbrevet", gmail="tir. 3. mars 2026 kl. 14:05 skrev {n} <{a}>:", labels="Fra|Sendt|Til|Emne", phone="Sendt fra min iPhone", apple="3. mars 2026 kl. 14:05 skrev {n} <{a}>:", original="Opprinnelig melding"),
    "fi": Tongue(words="Poistakaa minut listalta, kiitos.", question="Onko teillä taas punaisia tulppaaneja?", footer="Peruuta tilaus", gmail="ti 3. maalisk. 2026 klo 14.05 {n} ({a}) kirjoitti:", labels="Lähettäjä|Lähetetty|Vastaanottaja|Aihe", phone="Lähetetty iPhonesta", apple="{n} <{a}> kirjoitti 3.3.2026 kello 14.05:", original="Alkuperäinen viesti"),
    "cs": Tongue(words="Vyřaďte mě prosím ze seznamu.", question="Máte zase červené tulipány?", footer="Odhlásit odběr", gmail="út 3. 3. 2026 v 14:05 odesílatel {n} <{a}> napsal:", labels="Od|Odesláno|Komu|Předmět", phone="Odesláno z iPhonu", apple="3. 3. 2026 v 14:05, {n} <{a}>:", original="Původní zpráva"),
    "ru": Tongue(words="Уберите меня из рассылки, пожалуйста.", question="Есть ли у вас снова красные тюльпаны?", footer="Отписаться от рассылки", gmail="вт, 3 мар. 2026 г. в 14:05, {n} <{a}>:", labels="От|Отправлено|Кому|Тема", phone="Отправлено с iPhone", apple="3 марта 2026 г., в 14:05, {n} <{a}> написал(а):", original="Исходное сообщение"),
    "tr": Tongue(words="Lütfen beni listeden çıkarın.", question="Kırmızı laleler tekrar var mı?", footer="Abonelikten çık", gmail="{n} <{a}>, 3 Mar 2026 Sal, 14:05 tarihinde şunu yazdı:", labels="Kimden|Gönderildi|Kime|Konu", phone="iPhone'umdan gönderildi", apple="{n} <{a}> şunları yazdı (3 Mar 2026 14:05):", original="Orijinal mesaj"),
    "ja": Tongue(words="配信を止めてください。", question="赤いチューリップはまた入荷しますか？", footer="配信停止はこちら", gmail="2026年3月3日(火) 14:05 {n} <{a}>:", labels="差出人|送信日時|宛先|件名", phone="iPhoneから送信", apple="2026/03/03 14:05、{n} <{a}>のメール：", original="元のメッセージ"),
    "zh": Tongue(words="请把我从名单上删除。", question="红色的郁金香还有货吗？", footer="退订请点击这里", gmail="{n} <{a}> 于2026年3月3日周二 14:05写道：", labels="发件人|发送时间|收件人|主题", phone="发自我的iPhone", apple="在 2026年3月3日，14:05，{n} <{a}> 写道：", original="原始邮件"),
    "ko": Tongue(words="목록에서 빼 주세요.", question="빨간 튤립이 다시 들어왔나요?", footer="수신거부는 여기", gmail="2026년 3월 3일 (화) 오후 2:05, {n} <{a}>님이 작성:", labels="보낸 사람|보낸 날짜|받는 사람|제목", phone="나의 iPhone에서 보냄", apple="2026. 3. 3. 오후 2:05, {n} <{a}> 작성:", original="원본 메시지"),
    "uk": Tongue(words="Приберіть мене зі списку, будь ласка.", question="Чи є у вас знову червоні тюльпани?", footer="Відписатися від розсилки", gmail="вт, 3 бер. 2026 р. о 14:05 {n} <{a}> пише:", labels="Від|Надіслано|Кому|Тема", phone="Надіслано з iPhone", apple="3 бер. 2026 р. о 14:05 {n} <{a}> пише:", original="Вихідне повідомлення"),
    "id": Tongue(words="Tolong hapus saya dari daftar ini.", question="Apakah tulip merah sudah tersedia lagi?", footer="Berhenti berlangganan", gmail="Pada tanggal Sel, 3 Mar 2026 pukul 14.05 {n} <{a}> menulis:", labels="Dari|Dikirim|Kepada|Subjek", phone="Dikirim dari iPhone saya", apple="Pada 3 Mar 2026, pukul 14.05, {n} <{a}> menulis:", original="Pesan asli"),
    "ar": Tongue(words="أرجو إزالتي من القائمة", question="هل لديكم زهور التوليب الحمراء مرة أخرى؟", footer="إلغاء الاشتراك", gmail="في الثلاثاء، 3 مارس 2026 في 2:05 م تمت كتابة ما يلي بواسطة {n} <{a}>:", labels="من|تاريخ الإرسال|إلى|الموضوع", phone="أرسلت من iPhone", apple="في 3 مارس 2026، الساعة 14:05، كتب {n} <{a}>:", original="الرسالة الأصلية"),
    "hi": Tongue(words="कृपया मुझे इस सूची से हटा दें", question="क्या लाल ट्यूलिप फिर से उपलब्ध हैं?", footer="सदस्यता समाप्त करें", gmail="मंगल, 3 मार्च 2026 को 2:05 pm बजे {n} <{a}> ने लिखा:", labels="प्रेषक|दिनांक|प्रति|विषय", phone="मेरे iPhone से भेजा गया", apple="3 मार्च 2026 को 14:05 बजे, {n} <{a}> ने लिखा:", original="मूल संदेश"),
}  # fmt: skip


def _offer(tongue: Tongue) -> list[str]:
    return ["Tulpen 4,90", "", f"{tongue.footer}: https://example.net/u/8Qf2", NAME]


def _attribution(pattern: str) -> str:
    return pattern.format(n=NAME, a=ADDRESS)


def gmail(tongue: Tongue) -> str:
    quote = "\n".join(f"> {line}".rstrip() for line in _offer(tongue))
    return f"{tongue.words}\n\n{_attribution(tongue.gmail)}\n\n{quote}\n"


def gmail_wrapped(tongue: Tongue) -> str:
    return gmail(tongue).replace(f"{NAME} <", f"{NAME} <\n").replace(f"{NAME} (", f"{NAME}\n(")


def gmail_html(tongue: Tongue) -> str:
    line = _attribution(tongue.gmail).replace("<", "&lt;").replace(">", "&gt;")
    quote = "<br>".join(_offer(tongue))
    return (
        f'<div dir="ltr">{tongue.words}</div><br><div class="gmail_quote"><div dir="ltr" '
        f'class="gmail_attr">{line}<br></div><blockquote class="gmail_quote" style="margin:0 0 0 '
        f'.8ex">{quote}</blockquote></div>'
    )


def iphone(tongue: Tongue) -> str:
    quote = "\n".join(
        f"> {line}".rstrip() for line in (_attribution(tongue.apple), "", *_offer(tongue))
    )
    return f"{tongue.words}\n\n{tongue.phone}\n\n{quote}\n"


def apple_html(tongue: Tongue) -> str:
    line = _attribution(tongue.apple).replace("<", "&lt;").replace(">", "&gt;")
    quote = "</div><div>".join(_offer(tongue))
    return (
        f'<body dir="auto">{tongue.words}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">'
        f'{tongue.phone}</div><div dir="ltr"><br><blockquote type="cite">{line}<br><br></blockquote>'
        f'</div><blockquote type="cite"><div>{quote}</div></blockquote></body>'
    )


def _block(tongue: Tongue) -> list[str]:
    values = (f"{NAME} <{ADDRESS}>", "3.3.2026 14:05", "ann@example.com", "Tulpen")
    return [
        f"{label}: {value}" for label, value in zip(tongue.labels.split("|"), values, strict=True)
    ]


def outlook(tongue: Tongue) -> str:
    return "\n".join((tongue.words, "", " ", "", *_block(tongue), "", " ", "", *_offer(tongue)))


def outlook_web_html(tongue: Tongue) -> str:
    block = "<br>".join(f"<b>{line}</b>" for line in _block(tongue)).replace(f"<{ADDRESS}>", "")
    offer = "</div><div>".join(_offer(tongue))
    return (
        f'<html><head><style>P {{margin:0}}</style></head><body><div class="elementToProof">'
        f'{tongue.words}</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr">'
        f"{block}</div><div>{offer}</div></body></html>"
    )


def outlook_desktop_html(tongue: Tongue) -> str:
    block = "<br>".join(
        f"<b>{line.replace(': ', ':</b> ', 1)}".replace(f"<{ADDRESS}>", f"&lt;{ADDRESS}&gt;")
        for line in _block(tongue)
    )
    offer = "</p><p class=MsoNormal>".join(_offer(tongue))
    return (
        f"<body><div class=WordSection1><p class=MsoNormal>{tongue.words}</p><p class=MsoNormal>"
        f"&nbsp;</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal>"
        f"{block}</p></div><p class=MsoNormal>{offer}</p></div></body>"
    )


def samsung(tongue: Tongue) -> str:
    lines = (f"-------- {tongue.original} --------", *_block(tongue), "", *_offer(tongue))
    return "\n".join((tongue.words, "", tongue.phone.replace("iPhone", "Galaxy"), "", *lines))


def outlook_express(tongue: Tongue) -> str:
    return "\n".join((tongue.words, "", f"-----{tongue.original}-----", *_offer(tongue)))


def bottom(tongue: Tongue) -> str:
    quote = "\n".join(f"> {line}".rstrip() for line in _offer(tongue))
    return f"{_attribution(tongue.gmail)}\n{quote}\n\n{tongue.words}\n\n-- \n{tongue.footer}\n"


def yahoo(tongue: Tongue) -> str:
    lines = "\n".join(f" {line}".rstrip() for line in _offer(tongue))
    return f" {tongue.words}\n    {_attribution(tongue.gmail)}  \n \n{lines}\n  "


def proton(tongue: Tongue) -> str:
    quote = "\n".join(f"> {line}".rstrip() for line in _offer(tongue))
    line = _attribution(tongue.gmail)
    return f"{tongue.words}\n\nSent with Proton Mail secure email.\n\n{line}\n\n{quote}\n"


def proton_classic(tongue: Tongue) -> str:
    title = f"------- {tongue.original} -------"
    return "\n".join((tongue.words, "", title, _attribution(tongue.gmail), "", *_offer(tongue)))


def zoho(tongue: Tongue) -> str:
    line = f"---- On Tue, 03 Mar 2026 14:05:11 +0000 {NAME} <{ADDRESS}> wrote ----"
    return "\n".join((tongue.words, "", "", line, "", *_offer(tongue)))


def yandex(tongue: Tongue) -> str:
    return "\n".join(
        (tongue.words, "", f'03.03.2026, 14:05, "{NAME}" <{ADDRESS}>:', *_offer(tongue))
    )


def blackberry(tongue: Tongue) -> str:
    return "\n".join(
        (tongue.words, "", f"  {tongue.original}  ", *_block(tongue), "", *_offer(tongue))
    )


def thunderbird_inline(tongue: Tongue) -> str:
    first, *rest = (f"> {line}".rstrip() for line in _offer(tongue))
    return "\n".join((_attribution(tongue.gmail), first, tongue.words, *rest, ""))


def outlook_phone(tongue: Tongue) -> str:
    link = "Get Outlook for iOS<https://aka.ms/o0ukef>"
    return "\n".join((tongue.words, "", link, "_" * 32, *_block(tongue), "", *_offer(tongue)))


def thunderbird_html(tongue: Tongue) -> str:
    line = _attribution(tongue.gmail).replace("<", "&lt;").replace(">", "&gt;")
    quote = "<br>".join(_offer(tongue))
    return (
        f"<html><body><p>{tongue.words}</p><div class='moz-cite-prefix'>{line}<br></div><blockquote "
        f"type='cite' cite='mid:m1@example.net'>{quote}</blockquote></body></html>"
    )


def yahoo_html(tongue: Tongue) -> str:
    line = _attribution(tongue.gmail).replace("<", "&lt;").replace(">", "&gt;")
    quote = "</div><div>".join(_offer(tongue))
    return (
        f'<div class="ydp1"><div dir="ltr">{tongue.words}</div></div><div id="yahoo_quoted_77" '
        f'class="yahoo_quoted"><div>{line}</div><div>{quote}</div></div>'
    )


def proton_html(tongue: Tongue) -> str:
    line = _attribution(tongue.gmail).replace("<", "&lt;").replace(">", "&gt;")
    quote = "<br>".join(_offer(tongue))
    return (
        f'<div style="font-size:14px">{tongue.words}</div><div class="protonmail_quote">{line}<br>'
        f'<blockquote class="protonmail_quote" type="cite">{quote}</blockquote></div>'
    )


PLAIN = {f.__name__: f for f in (gmail, gmail_wrapped, iphone, outlook, samsung, outlook_express, bottom, yahoo, proton, proton_classic, zoho, yandex, blackberry, thunderbird_inline, outlook_phone)}  # fmt: skip
HTML = {f.__name__: f for f in (gmail_html, apple_html, outlook_web_html, outlook_desktop_html, thunderbird_html, yahoo_html, proton_html)}  # fmt: skip


def mails() -> Iterator[tuple[str, str, str, bool]]:
    """Name, text, expected words, and whether it is HTML."""
    for lang, tongue in TONGUES.items():
        for name, make in PLAIN.items():
            yield f"{name}-{lang}", make(tongue), tongue.words, False
        for name, make in HTML.items():
            yield f"{name}-{lang}", make(tongue), tongue.words, True
