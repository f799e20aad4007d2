"""Replies as the mail programs of many languages write them, each above a quoted footer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    words: str
    footer: str
    gmail: str  # {n} is the name, {a} the address
    labels: str  # from, sent, to, subject of Outlook
    phone: str
    apple: str
    original: str  # the title above an original


ADDRESS = "news@example.net"
NAME = "Rosa Garten"
TONGUES = {
    "en": Tongue(words="Please take me off this list.", footer="Unsubscribe here", gmail="On Tue, Mar 3, 2026 at 2:00 PM {n} <{a}> wrote:", labels="From|Sent|To|Subject", phone="Sent from my iPhone", apple="On Mar 3, 2026, at 14:05, {n} <{a}> wrote:", original="Original Message"),
    "de": Tongue(words="Bitte nehmen Sie mich vom Verteiler.", footer="Newsletter abbestellen", gmail="Am Di., 3. März 2026 um 14:05 Uhr schrieb {n} <{a}>:", labels="Von|Gesendet|An|Betreff", phone="Von meinem iPhone gesendet", apple="Am 03.03.2026 um 14:05 schrieb {n} <{a}>:", original="Ursprüngliche Nachricht"),
    "fr": Tongue(words="Merci de me retirer de la liste.", footer="Se désabonner", gmail="Le mar. 3 mars 2026 à 14:05, {n} <{a}> a écrit :", labels="De |Envoyé |À |Objet ", phone="Envoyé de mon iPhone", apple="Le 3 mars 2026 à 14:05, {n} <{a}> a écrit :", original="Message d'origine"),
    "es": Tongue(words="Por favor quítenme de la lista.", footer="Darse de baja", gmail="El mar, 3 mar 2026 a las 14:05, {n} (<{a}>) escribió:", labels="De|Enviado el|Para|Asunto", phone="Enviado desde mi iPhone", apple="El 3 mar 2026, a las 14:05, {n} <{a}> escribió:", original="Mensaje original"),
    "pt": Tongue(words="Por favor, tirem-me da lista.", footer="Cancelar inscrição", gmail="Em ter., 3 de mar. de 2026 às 14:05, {n} <{a}> escreveu:", labels="De|Enviada em|Para|Assunto", phone="Enviado do meu iPhone", apple="No dia 3 de mar. de 2026, às 14:05, {n} <{a}> escreveu:", original="Mensagem original"),
    "it": Tongue(words="Toglietemi dalla lista, grazie.", footer="Annulla l'iscrizione", gmail="Il giorno mar 3 mar 2026 alle ore 14:05 {n} <{a}> ha scritto:", labels="Da|Inviato|A|Oggetto", phone="Inviato da iPhone", apple="Il giorno 3 mar 2026, alle ore 14:05, {n} <{a}> ha scritto:", original="Messaggio originale"),
    "nl": Tongue(words="Haal mij van de lijst alstublieft.", footer="Afmelden voor deze nieuwsbrief", gmail="Op di 3 mrt 2026 om 14:05 schreef {n} <{a}>:", labels="Van|Verzonden|Aan|Onderwerp", phone="Verstuurd vanaf mijn iPhone", apple="Op 3 mrt 2026, om 14:05 heeft {n} <{a}> het volgende geschreven:", original="Oorspronkelijk bericht"),
    "pl": Tongue(words="Proszę usunąć mnie z listy.", footer="Wypisz się z newslettera", gmail="wt., 3 mar 2026 o 14:05 {n} <{a}> napisał(a):", labels="Od|Wysłano|Do|Temat", phone="Wysłane z iPhone'a", apple="Wiadomość napisana przez {n} <{a}> w dniu 3 mar 2026, o godz. 14:05:", original="Oryginalna wiadomość"),
    "sv": Tongue(words="Ta bort mig från listan, tack.", footer="Avregistrera dig här", gmail="Den tis 3 mars 2026 kl 14:05 skrev {n} <{a}>:", labels="Från|Skickat|Till|Ämne", phone="Skickat från min iPhone", apple="3 mars 2026 kl. 14:05 skrev {n} <{a}>:", original="Ursprungligt meddelande"),
    "da": Tongue(words="Fjern mig fra listen, tak.", footer="Afmeld nyhedsbrev", gmail="Den tirs. 3. mar. 2026 kl. 14.05 skrev {n} <{a}>:", labels="Fra|Sendt|Til|Emne", phone="Sendt fra min iPhone", apple="Den 3. mar. 2026 kl. 14.05 skrev {n} <{a}>:", original="Oprindelig meddelelse"),
    "nb": Tongue(words="Fjern meg fra listen, takk.", footer="Meld deg av nyhetsbrevet", gmail="tir. 3. mars 2026 kl. 14:05 skrev {n} <{a}>:", labels="Fra|Sendt|Til|Emne", phone="Sendt fra min iPhone", apple="3. mars 2026 kl. 14:05 skrev {n} <{a}>:", original="Opprinnelig melding"),
    "fi": Tongue(words="Poistakaa minut listalta, kiitos.", footer="Peruuta tilaus", gmail="ti 3. maalisk. 2026 klo 14.05 {n} ({a}) kirjoitti:", labels="Lähettäjä|Lähetetty|Vastaanottaja|Aihe", phone="Lähetetty iPhonesta", apple="{n} <{a}> kirjoitti 3.3.2026 kello 14.05:", original="Alkuperäinen viesti"),
    "cs": Tongue(words="Vyřaďte mě prosím ze seznamu.", footer="Odhlásit odběr", gmail="út 3. 3. 2026 v 14:05 odesílatel {n} <{a}> napsal:", labels="Od|Odesláno|Komu|Předmět", phone="Odesláno z iPhonu", apple="3. 3. 2026 v 14:05, {n} <{a}>:", original="Původní zpráva"),
    "ru": Tongue(words="Уберите меня из рассылки, пожалуйста.", footer="Отписаться от рассылки", gmail="вт, 3 мар. 2026 г. в 14:05, {n} <{a}>:", labels="От|Отправлено|Кому|Тема", phone="Отправлено с iPhone", apple="3 марта 2026 г., в 14:05, {n} <{a}> написал(а):", original="Исходное сообщение"),
    "tr": Tongue(words="Lütfen beni listeden çıkarın.", footer="Abonelikten çık", gmail="{n} <{a}>, 3 Mar 2026 Sal, 14:05 tarihinde şunu yazdı:", labels="Kimden|Gönderildi|Kime|Konu", phone="iPhone'umdan gönderildi", apple="{n} <{a}> şunları yazdı (3 Mar 2026 14:05):", original="Orijinal mesaj"),
    "ja": Tongue(words="配信を止めてください。", footer="配信停止はこちら", gmail="2026年3月3日(火) 14:05 {n} <{a}>:", labels="差出人|送信日時|宛先|件名", phone="iPhoneから送信", apple="2026/03/03 14:05、{n} <{a}>のメール：", original="元のメッセージ"),
    "zh": Tongue(words="请把我从名单上删除。", footer="退订请点击这里", gmail="{n} <{a}> 于2026年3月3日周二 14:05写道：", labels="发件人|发送时间|收件人|主题", phone="发自我的iPhone", apple="在 2026年3月3日，14:05，{n} <{a}> 写道：", original="原始邮件"),
    "ko": Tongue(words="목록에서 빼 주세요.", footer="수신거부는 여기", gmail="2026년 3월 3일 (화) 오후 2:05, {n} <{a}>님이 작성:", labels="보낸 사람|보낸 날짜|받는 사람|제목", phone="나의 iPhone에서 보냄", apple="2026. 3. 3. 오후 2:05, {n} <{a}> 작성:", original="원본 메시지"),
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


PLAIN = {f.__name__: f for f in (gmail, gmail_wrapped, iphone, outlook, samsung, outlook_express, bottom, yahoo)}  # fmt: skip
HTML = {f.__name__: f for f in (gmail_html, apple_html, outlook_web_html, outlook_desktop_html)}


def mails() -> Iterator[tuple[str, str, str, bool]]:
    """Name, text, expected words, and whether it is HTML."""
    for lang, tongue in TONGUES.items():
        for name, make in PLAIN.items():
            yield f"{name}-{lang}", make(tongue), tongue.words, False
        for name, make in HTML.items():
            yield f"{name}-{lang}", make(tongue), tongue.words, True
