"""The line that a mail program puts above the mail it answers, in many languages and programs."""

from __future__ import annotations

import pytest

from bot.quoted import reply_part

QUOTED = "Tulips 4.90\n\nUnsubscribe here: https://example.net/u\nRosa Garten"
LINES = {
    "hu gmail": "Rosa Garten <rosa@example.net> ezt írta (időpont: 2026. márc. 3., K, 14:05):",
    "ro gmail": "În mar., 3 mar. 2026 la 14:05, Rosa Garten <rosa@example.net> a scris:",
    "el gmail": "Στις Τρί 3 Μαρ 2026 στις 2:05 μ.μ., ο χρήστης Rosa Garten <rosa@example.net> έγραψε:",
    "he gmail": "\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-14:05 מאת \u202aRosa Garten\u202c\u200f <\u202arosa@example.net\u202c\u200f>:\u202c",
    "th gmail": "เมื่อ อ. 3 มี.ค. 2026 เวลา 14:05 Rosa Garten <rosa@example.net> เขียนว่า:",
    "hr": "uto, 3. ožu 2026. u 14:05 Rosa Garten <rosa@example.net> napisao je:",
    "sk": "ut 3. 3. 2026 o 14:05 Rosa Garten <rosa@example.net> napísal(a):",
    "sl": "V V tor., 3. mar. 2026 ob 14:05 je oseba Rosa Garten <rosa@example.net> napisala:",
    "bg": "На вт, 3.03.2026 г. в 14:05 Rosa Garten <rosa@example.net> написа:",
    "lt": "2026-03-03, an, 14:05 Rosa Garten <rosa@example.net> rašė:",
    "lv": "otrd., 2026. g. 3. marts, plkst. 14:05 — lietotājs Rosa Garten (<rosa@example.net>) rakstīja:",
    "et": "Kirjutas Rosa Garten <rosa@example.net> kuupäeval T, 3. märts 2026 kell 14:05:",
    "et2": "Rosa Garten (<rosa@example.net>) kirjutas kuupäeval T, 3. märts 2026 kell 14:05:",
    "sr": "уто, 3. мар 2026. 14:05 Rosa Garten <rosa@example.net> је написао/ла:",
    "ca": "Missatge de Rosa Garten <rosa@example.net> del dia dt., 3 de març 2026 a les 14:05:",
    "gl": "O mar., 3 mar. 2026 ás 14:05, Rosa Garten (<rosa@example.net>) escribiu:",
    "vi": "Vào Th 3, 3 thg 3, 2026 vào lúc 14:05 Rosa Garten <rosa@example.net> đã viết:",
    "fa": "در تاریخ سه\u200cشنبه ۳ مارس ۲۰۲۶ ساعت 14:05 Rosa Garten <rosa@example.net> نوشت:",
    "tb fr": "Le 03/03/2026 à 14:05, Rosa Garten a écrit :",
    "tb pl": "W dniu 3.03.2026 o 14:05, Rosa Garten pisze:",
    "tb hu": "2026. 03. 03. 14:05 keltezéssel, Rosa Garten írta:",
    "tb el": "Στις 3/3/26 14:05, ο/η Rosa Garten έγραψε:",
    "tb pt": "Em 03/03/2026 14:05, Rosa Garten escreveu:",
    "tb es": "El 3/3/26 a las 14:05, Rosa Garten escribió:",
    "tb it": "Il 03/03/26 14:05, Rosa Garten ha scritto:",
    "tb nl": "Op 03-03-2026 om 14:05 schreef Rosa Garten:",
    "tb sv": "Den 2026-03-03 kl. 14:05, skrev Rosa Garten:",
    "tb da": "Den 03.03.2026 kl. 14.05 skrev Rosa Garten:",
    "tb no": "Den 03.03.2026 14:05, skrev Rosa Garten:",
    "tb cs": "Dne 03. 03. 26 v 14:05 Rosa Garten napsal(a):",
    "tb ru": "03.03.2026 14:05, Rosa Garten пишет:",
    "tb ja": "2026/03/03 14:05, Rosa Garten wrote:",
    "tb tr": "3.03.2026 14:05 tarihinde Rosa Garten yazdı:",
    "tb ro": "La 03.03.2026 14:05, Rosa Garten a scris:",
    "tb uk": "03.03.26 14:05, Rosa Garten пише:",
    "tb zh": "在 2026/3/3 14:05, Rosa Garten 写道:",
    "claws": "On Tue, 3 Mar 2026 14:05:11 +0000\nRosa Garten <rosa@example.net> wrote:",
    "evolution": "On Tue, 2026-03-03 at 14:05 +0000, Rosa Garten wrote:",
    "gnus": "Rosa Garten <rosa@example.net> writes:\n",
    "mail.app": "On 3 Mar 2026, at 2:05 pm, Rosa Garten <rosa@example.net> wrote:",
    "outlook mac": 'On 3/3/26, 2:05 PM, "Rosa Garten" <rosa@example.net> wrote:',
    "outlook mac2": 'On 03/03/2026, 14:05, "Rosa Garten via List" <rosa@example.net on behalf of\nlist@example.net> wrote:',
    "spark": "On Mar 3, 2026 at 14:05 +0100, Rosa Garten <rosa@example.net>, wrote:",
    "spark de": "Am 3. März 2026, 14:05 +0100 schrieb Rosa Garten <rosa@example.net>:",
    "airmail": "On 3 March 2026 at 14:05:11, Rosa Garten (rosa@example.net) wrote:",
    "kmail": "On Tuesday, 3 March 2026 14:05:11 CET Rosa Garten wrote:",
    "squirrel": "On Tue, March 3, 2026 2:05 pm, Rosa Garten wrote:",
    "roundcube de": "Am 03.03.2026 14:05, schrieb Rosa Garten:",
    "roundcube fr": "Le 2026-03-03 14:05, Rosa Garten a écrit :",
    "notes": "Rosa Garten ---03/03/2026 02:05:11 PM---Tulips for spring\n\nFrom: Rosa Garten/ACME\nTo: Ann/Home\nDate: 03/03/2026 02:05 PM\nSubject: Tulips",
    "hey": "On March 3, 2026, Rosa Garten <rosa@example.net> wrote:",
    "gmail app": "On Tue, 3 Mar 2026, 14:05 Rosa Garten, <rosa@example.net> wrote:",
    "gmail de app": "Rosa Garten <rosa@example.net> schrieb am Di., 3. März 2026, 14:05:",
    "gmail es app": "El mar., 3 de mar. de 2026 14:05, Rosa Garten <rosa@example.net>\nescribió:",
    "gmail it app": "Il mar 3 mar 2026, 14:05 Rosa Garten <rosa@example.net> ha scritto:",
    "gmail nl app": "Op di 3 mrt. 2026 14:05 schreef Rosa Garten <rosa@example.net>:",
    "gmail ru": "вт, 3 мар. 2026 г., 14:05 Rosa Garten <rosa@example.net>:",
    "gmail zh-tw": "Rosa Garten <rosa@example.net> 於 2026年3月3日 週二 下午2:05寫道：",
    "gmail ja2": "2026年3月3日(火) 14:05 Rosa Garten <rosa@example.net>:",
    "gmail ko": "2026년 3월 3일 (화) 오후 2:05, Rosa Garten <rosa@example.net>님이 작성:",
    "libero": "Il 03/03/2026 14:05 Rosa Garten <rosa@example.net> ha scritto:\n",
    "laposte": 'De : "Rosa Garten" <rosa@example.net>\nEnvoyé : mardi 3 mars 2026 14:05\nÀ : ann@example.com\nObjet : Tulipes',
    "gmx": 'Gesendet: Dienstag, 03. März 2026 um 14:05 Uhr\nVon: "Rosa Garten" <rosa@example.net>\nAn: ann@example.com\nBetreff: Tulpen',
    "tonline": '-----Original-Nachricht-----\nBetreff: Tulpen\nDatum: 2026-03-03T14:05:11+0100\nVon: "Rosa Garten" <rosa@example.net>\nAn: "ann"',
    "naver": '-----Original Message-----\nFrom: "Rosa Garten"&lt;rosa@example.net&gt;\nTo: ann\nCc:\nSent: 2026-03-03 (화) 14:05:11',
    "163": 'At 2026-03-03 14:05:11, "Rosa Garten" <rosa@example.net> wrote:',
    "qq en": '------------------&nbsp;Original&nbsp;------------------\nFrom: "Rosa Garten"<rosa@example.net>;',
    "outlook.com es": "________________________________\nDe: Rosa Garten <rosa@example.net>\nEnviado: martes, 3 de marzo de 2026 14:05\nPara: ann\nAsunto: x",
    "ol jp": "________________________________\n差出人: Rosa Garten <rosa@example.net>\n送信日時: 2026年3月3日 14:05\n宛先: ann\n件名: x",
    "aol": "-----Original Message-----\nFrom: Rosa Garten <rosa@example.net>\nSent: Tue, Mar 3, 2026 2:05 pm\nSubject: x",
    "aol2": "In a message dated 3/3/2026 2:05:11 PM Eastern Standard Time, rosa@example.net writes:",
    "zimbra": 'From: "Rosa Garten" <rosa@example.net>\nTo: "ann" <ann@example.com>\nSent: Tuesday, March 3, 2026 2:05:11 PM\nSubject: x',
    "zimbra fr": 'De: "Rosa Garten" <rosa@example.net>\nÀ: "ann" <ann@example.com>\nEnvoyé: Mardi 3 Mars 2026 14:05:11\nObjet: x',
    "ox": "Rosa Garten <rosa@example.net> hat am 03.03.2026 14:05 CET geschrieben:",
    "ox en": "On 03/03/2026 2:05 PM CET Rosa Garten <rosa@example.net> wrote:",
    "front": "On March 3, 2026, 2:05 PM GMT+1 rosa@example.net wrote:",
    "superhuman": "On Tue, Mar 03, 2026 at 2:05 PM, Rosa Garten < rosa@example.net > wrote:",
    "missive": "On March 3, 2026 at 2:05:11 PM, Rosa Garten (rosa@example.net) wrote:",
    "mailbird": "On 03/03/2026 14:05:11, Rosa Garten <rosa@example.net> wrote:",
}  # fmt: skip
ONLY_ABOVE_A_QUOTE = {
    "Thunderbird, Finnish": "Rosa Garten kirjoitti 3.3.2026 klo 14.05:",
    "Horde, German": "Zitat von Rosa Garten <rosa@example.net>:",
}
WORDS = ("Please take me off.", "Hi,\n\nplease stop.\n\nAnn")


@pytest.mark.parametrize("words", WORDS, ids=["short", "letter"])
@pytest.mark.parametrize("name", LINES)
def test_nothing_below_it_is_read_marked_or_not(name: str, words: str) -> None:
    for below in (QUOTED, "\n".join(f"> {line}" for line in QUOTED.split("\n"))):
        assert reply_part(f"{words}\n\n{LINES[name]}\n\n{below}\n") == words


@pytest.mark.parametrize("name", ONLY_ABOVE_A_QUOTE)
def test_some_are_believed_only_above_a_quote(name: str) -> None:
    below = "\n".join(f"> {line}" for line in QUOTED.split("\n"))
    line = ONLY_ABOVE_A_QUOTE[name]
    assert reply_part(f"Please take me off.\n\n{line}\n\n{below}\n") == "Please take me off."
