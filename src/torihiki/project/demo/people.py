"""Who lives in the demo: companies with the numbers and addresses that papers print, and their members."""

from dataclasses import dataclass

from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.identity.permissions import Role

PASSWORD = "Torihiki-26"  # noqa: S105 — the demo tells it to everybody


@dataclass(frozen=True)
class DemoCompany:
    """Login ids are `key` for the administrator, `key-clerk`, `key-approver`, `key-viewer` for those of head office,
    and `key-store` for who keeps a store."""

    key: str
    details: PartyDetails
    people: tuple[tuple[Role, str], ...]
    stores: tuple["Store", ...] = ()

    def login_ids(self) -> list[str]:
        own = [self.key if role == Role.ADMINISTRATOR else f"{self.key}-{role}" for role, _name in self.people]
        return own + [f"{self.key}-{store.key}" for store in self.stores]


@dataclass(frozen=True)
class Store:
    """A unit of the company, with a clerk of its own who orders for it."""

    key: str
    name: str
    place: str
    keeper: str


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
    (
        Store("ginza", "銀座店", "東京都中央区銀座9-9-9 ひだまりビル1F", "銀座 花"),
        Store("yokohama", "横浜店", "神奈川県横浜市西区みなとみらい9-9-9", "横浜 海斗"),
        Store("shinjuku", "新宿店", "東京都新宿区新宿9-9-9", "新宿 陽菜"),
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
SUZURAN = DemoCompany(
    "suzuran",
    _card(
        "株式会社すずらん製菓",
        "カブシキガイシャスズランセイカ",
        "2430001067890",
        True,
        Address(postal_code="060-0001", prefecture="北海道", city="札幌市中央区", street="北一条西99-9"),
        "011-000-5005",
        "suzuran",
    ),
    ((Role.ADMINISTRATOR, "鈴木 蘭"), (Role.CLERK, "出荷 大地")),
)
KAWACHI = DemoCompany(
    "kawachi",
    _card(
        "有限会社河内精工",
        "ユウゲンガイシャカワチセイコウ",
        "6122002098765",
        True,
        Address(postal_code="577-0001", prefecture="大阪府", city="東大阪市", street="高井田99-9"),
        "06-0000-6006",
        "kawachi",
    ),
    ((Role.ADMINISTRATOR, "河内 鉄男"), (Role.CLERK, "旋盤 勝")),
)
SORANO = DemoCompany(
    "sorano",
    _card(
        "ソラノ情報システム株式会社",
        "ソラノジョウホウシステムカブシキガイシャ",
        "8011001034567",
        True,
        Address(postal_code="150-0002", prefecture="東京都", city="渋谷区", street="渋谷9-99-9", building="空ビル12F"),
        "03-0000-7007",
        "sorano",
    ),
    ((Role.ADMINISTRATOR, "空野 光"), (Role.CLERK, "運用 翼")),
)
COMPANIES = (HIDAMARI, AOBA, MINATO, SATO, SUZURAN, KAWACHI, SORANO)
PRINTER = PartyDetails(
    name="山手印刷株式会社",
    name_kana="ヤマテインサツカブシキガイシャ",
    corporate_number="9010001011111",
    registration_number="T9010001011111",
    address=Address(postal_code="170-0013", prefecture="東京都", city="豊島区", street="東池袋9-9-9"),
    contact=Contact(phone="03-0000-5005", email="bill@yamate.example"),
)
"""A supplier that is not on the platform: its invoice comes in as a file."""
