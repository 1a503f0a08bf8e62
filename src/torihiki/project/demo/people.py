"""Who lives in the demo: companies with the numbers and addresses that papers print, and their members."""

from dataclasses import dataclass

from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.identity.permissions import Role

PASSWORD = "Torihiki-26"  # noqa: S105 — the demo tells it to everybody


@dataclass(frozen=True)
class DemoCompany:
    """Login ids are `key` for the administrator and `key-clerk`, `key-approver`, `key-viewer` for the others."""

    key: str
    details: PartyDetails
    people: tuple[tuple[Role, str], ...]


def _card(name: str, kana: str, number: str, registered: bool, address: Address, phone: str, key: str) -> PartyDetails:
    return PartyDetails(
        name=name,
        name_kana=kana,
        corporate_number=number,
        registration_number=f"T{number}" if registered else "",
        address=address,
        contact=Contact(phone=phone, email=f"office@{key}.example"),
    )


HIDAMARI = DemoCompany(
    "hidamari",
    _card(
        "株式会社ひだまりダイニング",
        "カブシキガイシャヒダマリダイニング",
        "5010001098765",
        True,
        Address(
            postal_code="104-0061", prefecture="東京都", city="中央区", street="銀座9-9-9", building="ひだまりビル3F"
        ),
        "03-0000-1001",
        "hidamari",
    ),
    (
        (Role.ADMINISTRATOR, "日向 葵"),
        (Role.CLERK, "仕入 健太"),
        (Role.APPROVER, "本部 恵子"),
        (Role.VIEWER, "監査 徹"),
    ),
)
AOBA = DemoCompany(
    "aoba",
    _card(
        "青葉食品株式会社",
        "アオバショクヒンカブシキガイシャ",
        "7020001054321",
        True,
        Address(postal_code="231-0023", prefecture="神奈川県", city="横浜市中区", street="山下町999"),
        "045-000-2002",
        "aoba",
    ),
    (
        (Role.ADMINISTRATOR, "青葉 誠"),
        (Role.CLERK, "営業 美咲"),
        (Role.APPROVER, "部長 隆"),
        (Role.VIEWER, "経理 由美"),
    ),
)
MINATO = DemoCompany(
    "minato",
    _card(
        "みなと厨房機器株式会社",
        "ミナトチュウボウキキカブシキガイシャ",
        "3130001012345",
        True,
        Address(postal_code="550-0001", prefecture="大阪府", city="大阪市西区", street="土佐堀9-9-9"),
        "06-0000-3003",
        "minato",
    ),
    ((Role.ADMINISTRATOR, "港 一郎"), (Role.CLERK, "見積 さくら")),
)
SATO = DemoCompany(
    "sato",
    _card(
        "佐藤デザイン事務所",
        "サトウデザインジムショ",
        "",
        False,
        Address(postal_code="604-8001", prefecture="京都府", city="京都市中京区", street="木屋町通999"),
        "075-000-4004",
        "sato",
    ),
    ((Role.ADMINISTRATOR, "佐藤 文"),),
)
COMPANIES = (HIDAMARI, AOBA, MINATO, SATO)
PRINTER = PartyDetails(
    name="山手印刷株式会社",
    name_kana="ヤマテインサツカブシキガイシャ",
    corporate_number="9010001011111",
    registration_number="T9010001011111",
    address=Address(postal_code="170-0013", prefecture="東京都", city="豊島区", street="東池袋9-9-9"),
    contact=Contact(phone="03-0000-5005", email="bill@yamate.example"),
)
"""A supplier that is not on the platform: its invoice comes in as a file."""
