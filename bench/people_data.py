"""A city's people, made up: names as common as in life, each with the search terms and marks it would bear, in half as many cases.

Terms of names are made by the product's own code, once a name; numbers and phones, of which no two are alike, are random tokens but for
those that are looked for. Everything else of a case is as bare as its tables allow.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from domain.values import Party
from ledger.keys import Keys
from ledger.marks import marks_of
from ledger.tokens import normal, token, tokens_for

SURNAMES = (
    "王7.25李7.19张6.83刘5.38陈4.53杨3.08黄2.23赵2.29吴2.05周2.12徐1.69孙1.54马1.29朱1.26胡1.31郭1.20何1.17高1.10林1.13罗0.95郑0.93梁0.89谢0.76宋0.70"
    "唐0.69许0.66韩0.65冯0.61邓0.60曹0.59彭0.53曾0.52肖0.52田0.51董0.51袁0.49潘0.46于0.45蒋0.45蔡0.44余0.43杜0.43叶0.42程0.42苏0.41魏0.41吕0.40丁0.40任0.39沈0.38"
    "姚0.36卢0.36姜0.34崔0.34钟0.34谭0.33陆0.32汪0.31范0.31金0.30石0.29廖0.29贾0.28夏0.27韦0.27付0.26方0.26白0.25邹0.25孟0.24熊0.23秦0.23邱0.22江0.22尹0.22薛0.21"
    "闫0.20段0.20雷0.19侯0.18龙0.18史0.18陶0.17黎0.17贺0.17顾0.16毛0.16郝0.16龚0.15邵0.15万0.15钱0.15严0.14覃0.14武0.14戴0.13莫0.13孔0.13向0.13汤0.12"
)
"""The hundred most common, with their shares of the people in per cent, after the register of 2019-2021."""
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂梅红华建国志文玉海燕春晓东林波斌宇浩凯健俊帆雪荣爱云鹏飞飞翔婷慧巧美凤洁琳素莲真环雪莉钰嘉琼勤珍贞莎锦黛青倩"
    "婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑筠柔竹霭凝晓欢霄枫芸菲寒欣滢伊亚宜可姬舒影荔枝思龙康安邦昌胜祥子轩博涵泽一诺梓欣怡然"
)
CENTRES, OUTLETS = 18, 210
PER_CASE = 2


@dataclass(frozen=True, slots=True)
class City:
    """What was made, and whom to look for."""

    people: int
    names: Sequence[str]
    """Some names of its people."""
    numbers: Sequence[str]
    phones: Sequence[str]


def _weighted() -> tuple[list[str], list[float]]:
    surnames = [part for part in SURNAMES if not (part.isdecimal() or part == ".")]
    shares = [float(share) for share in "".join(c if c.isdecimal() or c == "." else " " for c in SURNAMES).split()]
    return surnames, shares


def names(count: int, chance: random.Random) -> list[str]:
    """Full names, as many as asked, drawn as they occur; the same name comes again as often as it would."""
    surnames, shares = _weighted()
    common = [1 / (n + 8) for n in range(len(GIVEN))]
    families = chance.choices(surnames, shares, k=count)
    givens = chance.choices(GIVEN, common, k=2 * count)
    return [family + givens[2 * n] + (givens[2 * n + 1] if chance.random() < 0.85 else "") for n, family in enumerate(families)]


def _signed() -> int:
    return int.from_bytes(secrets.token_bytes(8), signed=True)


def _subject(n: int) -> str:
    """A UUIDv7 of its turn: later people sort after earlier ones."""
    return f"{0x019000000000 + n:012x}"[:8] + f"-{(0x019000000000 + n) & 0xFFFF:04x}-7000-8000-{n:012x}"


def fill(dsn: str, keys: Keys, people: int, centres: Sequence[str], outlets: Sequence[str]) -> City:
    """Fill the tables as the owner; minutes for a million people."""
    chance = random.Random(5)  # noqa: S311 -- made-up people
    drawn = names(people, chance)
    distinct = list(dict.fromkeys(drawn))
    place = {name: n for n, name in enumerate(distinct)}
    wanted = {n: (_number(n), f"139{n:08d}") for n in range(0, people, max(people // 100, 1))}
    with psycopg.connect(dsn) as conn:
        conn.execute("SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL work_mem = '64MB'")
        conn.execute("CREATE TEMP TABLE made_names (n int, terms bigint[], whole bigint, alike bigint)")
        with conn.cursor().copy("COPY made_names FROM STDIN") as copy:
            for n, name in enumerate(distinct):
                party = Party(name=name)
                marks = marks_of(keys.key(), party)
                terms = {term for _, term in tokens_for(keys, party)} | {marks.name, marks.shape}
                copy.write_row((n, list(terms), marks.name, marks.shape))
        conn.execute("CREATE TEMP TABLE made (subject_id uuid, n int, number bigint, phone bigint, tail bigint, at int)")
        tails = [token(keys.key(), "phone_tail", f"{n:04d}") for n in range(10_000)]
        with conn.cursor().copy("COPY made FROM STDIN") as copy:
            for row in _people(drawn, place, wanted, keys, tails):
                copy.write_row(row)
        _spread(conn)
        _cases(conn, people // PER_CASE, centres, outlets)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    return City(people, drawn[:2000], [number for number, _ in wanted.values()], [phone for _, phone in wanted.values()])


def _number(n: int) -> str:
    return f"E{n:08d}"


def _people(
    drawn: Sequence[str], place: dict[str, int], wanted: dict[int, tuple[str, str]], keys: Keys, tails: Sequence[int]
) -> Iterator[tuple[object, ...]]:
    for n, name in enumerate(drawn):
        number, phone = _signed(), _signed()
        tail = tails[n % 10_000]
        if n in wanted:
            number = token(keys.key(), "id_number", normal(wanted[n][0]))
            phone = token(keys.key(), "phone", wanted[n][1])
        yield _subject(n), place[name], number if n % 3 else None, phone, tail, n // PER_CASE


def _spread(conn: psycopg.Connection) -> None:
    """The people's terms and marks; indexes are made once the rows are there."""
    conn.execute("ALTER TABLE search_tokens DROP CONSTRAINT search_tokens_pkey; DROP INDEX search_tokens_by_subject")
    conn.execute(
        "INSERT INTO search_tokens (token, subject_id)"
        " SELECT t, m.subject_id FROM made m JOIN made_names n USING (n), LATERAL unnest(n.terms || m.number || m.phone || m.tail) t"
        " WHERE t IS NOT NULL"
    )
    conn.execute("ALTER TABLE search_tokens ADD PRIMARY KEY (token, subject_id)")
    conn.execute("CREATE INDEX search_tokens_by_subject ON search_tokens (subject_id)")
    conn.execute(
        "INSERT INTO people (subject_id, id_token, name_token, shape_token)"
        " SELECT m.subject_id, m.number, n.whole, n.alike FROM made m JOIN made_names n USING (n)"
    )


def _cases(conn: psycopg.Connection, count: int, centres: Sequence[str], outlets: Sequence[str]) -> None:
    """Cases of two people each, the second the opponent; a third have come through an outlet, nine in ten have ended."""
    case_id = "cast('01a00000-0000-7000-8000-' || lpad(to_hex({n}), 12, '0') AS uuid)"
    sealed = '{"subject": "01900000-0000-7000-8000-000000000001", "box": "' + "x" * 80 + '"}'
    party = f'{{"name": {sealed}, "id_number": {sealed}, "phone": {sealed}, "address": {sealed}}}'
    conn.execute(
        f"INSERT INTO case_people (case_id, party_id, subject_id, kind, role, present) SELECT {case_id.format(n='m.at')},"  # noqa: S608 -- constants of ours
        " row_number() OVER (PARTITION BY m.at ORDER BY m.subject_id) - 1, m.subject_id, 'case',"
        " CASE WHEN row_number() OVER (PARTITION BY m.at ORDER BY m.subject_id) = 1 THEN 'applicant' ELSE 'opponent' END, true FROM made m"
    )
    conn.execute(
        "INSERT INTO case_list (case_id, version, register_number, stage, state, centre, outlet, owner, categories, recipient_count,"  # noqa: S608 -- constants of ours
        f" applicant, opened_on, updated_at) SELECT {case_id.format(n='n')}, 9, n || '号',"
        " CASE WHEN n %% 10 = 0 THEN 'application' ELSE 'ended' END, CASE WHEN n %% 10 = 0 THEN 'received' ELSE 'archived' END,"
        " (cast(%(centres)s AS text[]))[1 + n %% cardinality(cast(%(centres)s AS text[]))],"
        " CASE WHEN n %% 3 = 0 THEN (cast(%(outlets)s AS text[]))[1 + n / 3 %% cardinality(cast(%(outlets)s AS text[]))] END,"
        " 'P-' || n %% 400, '{migrant_worker}', 1, '{}', date '2026-01-01', now() - n * interval '1 minute'"
        " FROM generate_series(0, %(last)s) n",
        {"centres": list(centres), "outlets": list(outlets), "last": count - 1},
    )
    conn.execute(
        "INSERT INTO cases (case_id, version, schema, snapshot)"  # noqa: S608 -- constants of ours
        f" SELECT {case_id.format(n='n')}, 9, 0, %s::jsonb FROM generate_series(0, %s) n",
        (f'{{"parties": [{party}, {party}]}}', count - 1),
    )
