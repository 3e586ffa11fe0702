"""A document's lines to paragraphs: body, heading or furniture.

The rules are the table below. A wrong guess must not lose a paragraph of the
body: long lines and lines that end a sentence stay body, and so does doubt.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise, takewhile
from types import MappingProxyType

import msgspec

from tagger.records import Document, Kind, Paragraph

# No furniture rule looks at longer lines, but for licences.
LONGEST_FURNITURE = 60
LONGEST_LICENCE = 300
LONGEST_HEADING = 50

_SENTENCE_END = re.compile(r"[。！？；…!?;][”’）》」』)\"]*$")
_Fit = Callable[[str], re.Match[str] | None]
_CHINESE_NUMBER = "[一二三四五六七八九十百零〇两]{1,6}"


class Rules:
    """Named patterns, one of which a whole line must fit; capitals or not is the same.

    A pattern that looks at every place of a line may have `words`, one of which is in every
    line that fits it: to look for them first costs a tenth.
    """

    def __init__(self, table: Mapping[str, str],
                 words: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        self.table = table
        self.words = words

    def fit(self, text: str) -> bool:
        """Whether the text fits a rule."""
        if self._quick(text):
            return True
        for words, pattern in self._costly:
            for word in words:
                if word in text:
                    if pattern(text):
                        return True
                    break
        return False

    def within(self, text: str) -> Callable[[str], object]:
        """What fits lines of this text: where it holds no words, half of the work is left out."""
        held = any(word in text for words in self.words.values() for word in words)
        return self.fit if held else self._quick

    def only(self, *names: str) -> "Rules":
        """The rules of these names."""
        return Rules({name: self.table[name] for name in names},
                     {name: self.words[name] for name in names if name in self.words})

    @cached_property
    def _quick(self) -> _Fit:
        return _any_of(pattern for name, pattern in self.table.items() if name not in self.words)

    @cached_property
    def _costly(self) -> list[tuple[Sequence[str], _Fit]]:
        return [(words, _any_of([self.table[name]])) for name, words in self.words.items()]


def _any_of(patterns: Iterable[str]) -> _Fit:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined or "(?!)", re.IGNORECASE).fullmatch


# Each pattern must fit a whole line, and only short lines that end no sentence are
# looked at. A rule that needs a colon or a name behind its word is no accident: the
# word alone begins sentences too ("来源地治理…"); see tests/cases/paragraphs.
FURNITURE = Rules(
    {
        # 当前位置：首页 > 新闻; 首页 > 要闻 > 正文; 人民网>>文化
        "breadcrumb": r"您?的?(当前|现在|所在)的?位置\s?([：:].{0,50})?|位置\s?[：:].{0,50}|首页\s?[>»›/→].{0,40}"
        r"|[^>»›]{1,15}(>>|»)[^>»›]{1,15}|[^>»›]{1,20}([>»›]{1,2}[^>»›]{1,20}){2,5}",
        # 责任编辑：张三; （编辑 李四）; 编辑 王五 校对 赵六
        "editor": r"[（(\[【]?(责任?编辑?|编辑|责编|审核|校对|校审|初审|复审|终审|审签|签发|值班主任|监制|主编|统筹"
        r"|见习编辑|图文编辑|网络编辑|责任校对|录入员?|文字编辑|信息员|策划|制图|出品人?|总监制)\s?[：:丨|/]\s?.{0,50}"
        r"|[（(\[【]?(责任编辑|责编|编辑|校对|审核|监制|主编|初审|复审|终审)\s{1,4}[\w·]{2,4}([\s\u3000].{0,40})?[）)\]】]?",
        # 来源：新华社; 信息来源：市政府办 发布时间：…
        "source": r"[（(\[【]?(本文|文章|信息|稿件|稿源|新闻|内容|数据|资料|图片)?(来源|出处|来源于|转自|转载自|稿源)"
        r"\s?[：:丨|]\s?.{0,50}",
        # 作者：…; 本报记者 李四 通讯员 王五; 文/张三 图/李四
        "byline": r"[（(]?((本报|本网|本刊|本台|新华社|人民日报|融媒体?|全媒体|首席|见习|特约|实习)*"
        r"(记者|通讯员|特约评论员|评论员)|作者|供稿|撰稿人?|撰文|文字|摄影|图片|摄|拍摄|执笔|供图|翻译|采写|文|图|图文|来稿)"
        r"\s?[：:/／丨|]\s?.{1,40}"
        r"|[（(]?([^，、：]{0,8}(记者|通讯员|评论员)|作者|供稿|撰稿|摄影)\s{1,4}[\w·]{2,4}([\s\u3000].{0,30})?[）)]?",
        # 2024年1月5日; 2024-01-05 08:30:00; 发布时间：…; 2024年7月3日 星期三
        "date": r"[（(\[【]?(最后)?(发布|更新|发文|成文|印发|发表|上传|制作|录入|公布|修改|创建)?(时间|日期|于)?\s?[：:]?\s?"
        r"\d{4}\s?[年./-]\s?\d{1,2}\s?[月./-]\s?\d{1,2}\s?日?(\s?[T ]?\s?\d{1,2}[:：]\d{2}([:：]\d{2})?)?[）)\]】]?"
        r"(\s{0,4}(星期|周[一二三四五六日]|来源|作者).{0,30})?"
        r"|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s?\d{1,2}:\d{2}(:\d{2})?\s.{0,30}"
        r"|二[〇○零O0][〇○零O0一二][〇○零O0一二三四五六七八九]年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日",
        # 浏览次数：123; 阅读 1.2万; 823次浏览
        "views": r"[【\[（(]?(浏览|阅读|点击|访问|查看|人气|点赞|评论|收藏|转发|分享)(次数|量|数|率|人数)?\s?[：:]?\s?"
        r"(\[?\d[\d,.]{0,10}\]?\s?[万k+]{0,2}\s?(次|人|人次|条)?)?[】\]）)]?"
        r"|\d[\d,.]{0,10}万?\s?(次|人|条)?\s?(浏览|阅读|点击|评论|参与)",
        # 字号：大 中 小; 【字体：大 中 小】
        "font": r"[【\[（(]?(字体|字号|字级|字級|字体大小|文字大小|调整字号)\s?[：:].{0,20}|[【\[（(]?\s?大\s{0,3}中\s{0,3}小\s?[】\])）]?",
        # 扫一扫在手机打开当前页; 微信扫一扫分享; 扫描二维码关注
        "scan": r"请?(使?用)?(手机|微信)?(扫一扫|扫描?(下方|左方|右侧|上方)?二维码|长按二维码)"
        r"([，,]?(在手机|手机|分享|关注|下载|打开当前|添加|阅读全文).{0,20})?|(官方)?微信公众号([：:].{0,20})?",
        # 上一篇：…; 下一页; 【上一篇】 …
        "neighbour": r"[【\[（(<«]?\s?[上下前后]一[篇页条章则版](文章|新闻)?\s?([：:】\])）>»\s\u3000].{0,58})?|[上下][篇页条]\s?[：:].{0,50}",
        # — 3 —; 第3页; 共3页; 1 2 3 下一页; 3/12
        "page": r"[—－\-–_·\s]*\d{1,4}[—－\-–_·\s]*|第?\s?\d{1,4}\s?页?\s?[/／]\s?\d{1,4}\s?页?|第\s?\d{1,4}\s?页[\s\u3000,，]{0,3}(共\s?\d{1,4}\s?页)?"
        r"|共\s?\d{1,4}\s?页.{0,30}|(\[?\d{1,3}\]?\s){2,15}(下一?页|尾页|末页|余下全文|>).{0,10}|page\s?\d{1,4}(\s?(of|/)\s?\d{1,4})?",
        # 附件：1.考核办法; 附件2; 附件下载
        "attachment": r"(相关)?附件\s?[\d一二三四五六七八九十]{0,2}\s?([：:.．、\s\u3000].{0,55})?|(相关)?附件(下载|列表)",
        # 相关新闻; 【延伸阅读】; 热点排行
        "list title": r"[【\[（(●■]?\s?(相关|热门|热点|最新|推荐|延伸|精彩|更多|本类|图片|今日|往期|猜你|大家|友情|快速|本周|24小时|频道|专题|编辑|站内|滚动|为你)"
        r"(新闻|阅读|文章|推荐|链接|报道|信息|资讯|专题|热点|排行|精选|内容|喜欢|都在看|热文|导航|解读|稿件|文件|评论|要闻|排行榜|头条)"
        r"\s?(>{1,2}|»|更多)?[】\])）：:]{0,2}",
        # 联系电话：0571-…; 地址：…; 邮编：…
        "contact": r"(联系|咨询|举报|投诉|监督|服务|值班|办公|热线|新闻|报料|订阅|发行|广告|编辑部|技术支持|政务服务)*"
        r"(电\s{0,2}话|热线|地\s{0,2}址|邮\s{0,2}编|邮政编码|传\s{0,2}真|电子邮箱|电子信箱|邮箱|信箱|E-?mail|QQ群?|微信号|网址|电邮)\s?[：:]\s?.{1,55}",
        # 浙ICP备12345678号; 浙公网安备 33010602000001号; 网站标识码：…
        "licence number": r".{0,40}(ICP[备证]|ICP\s?备案|公网安备|网安备|(政府)?网站标识码|备案序?号\s?[：:]|许可证(编?号)?\s?[：:]"
        r"|增值电信业务经营许可证|(传播视听节目|新闻信息服务|网络出版服务)许可证).{0,58}",
        # 主办：…; 承办：…; 技术支持：…; 版权所有 某市政府
        "operator": r"(网站)?(主办|承办|协办|主管|技术支持|版权所有|技术保障|运维|维护|制作)(单位|机构|部门|方)?\s?[：:].{1,55}"
        r"|网站(建设|设计|管理|运行).{0,6}[：:].{1,50}|.{0,40}版\s?权\s?所\s?有.{0,40}",
        # 索引号：…; 发文机关：…; 主题分类：…; 有效性：…
        "index": r"【?(索\s{0,4}引\s{0,4}号|发文(机关|单位|机构|字号|日期|文号)|公开(方式|形式|范围|时限|日期|类别)|主题(分类|词|类别)|文\s{0,4}号|有效性|时效性"
        r"|信息(分类|类别|名称|索引)|生成日期|组配分类|体裁分类|服务对象分类|废止日期|统一编号|名\s{0,4}称|标\s{0,4}题|(文章)?关键[词字]|标签|分类|栏目|所属(栏目|类别)"
        r"|登记号|公文种类)】?\s?[：:].{0,55}",
        # · 禾东区开展反诈宣传进社区活动    2021-07-06
        "dated headline": r"[·•●○▪◆]\s?.{4,50}\s[\[(（]?(\d{4}[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[\])）]?"
        r"|[^\u3000\t]{6,50} {1,8}[\[(（]?\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[\])）]?",
        # {% include … %}; {:.center}: what Jekyll would replace
        "template": r"\{%.{0,80}%\}|\{:.{0,50}\}",
        # ———; * * *
        "rule": r"[\W_]{1,60}",
        # http://…
        "link": r"(https?://|www\.)[!-~]{3,60}",
    },
    {"licence number": ("ICP", "icp", "Icp", "网安备", "标识码", "备案", "许可证")},
)

# Words on buttons and in menus: a line of nothing else is furniture.
BUTTONS = frozenset(
    "打印 打印本页 打印此页 打印文章 打印正文 关闭 关闭窗口 关闭本页 关闭页面 返回首页 返回顶部 返回列表 返回上页"
    " 返回上一页 返回主页 返回目录 返回文章列表 回到顶部 回顶部 收藏 收藏本页 收藏本站 加入收藏 设为首页 分享 分享到"
    " 分享至 分享到： 纠错 我要纠错 下载 复制 复制链接 保存 推荐 举报 投诉 点赞 赞 评论 转发 繁体 简体 繁體 簡體 繁 简"
    " 无障碍 无障碍浏览 手机版 手机浏览 移动版 登录 注册 退出 搜索 更多 查看更多 展开 展开全文 收起 网站地图 联系我们"
    " 关于我们 网站声明 隐私声明 法律声明 版权声明 帮助 留言 微信 微博 QQ QQ空间 QQ好友 朋友圈 新浪微博 腾讯微博 人人网"
    " 邮箱 客户端 English EN RSS 首页 主页 正文 全文 上一页 下一页 上一版 下一版 末页 尾页 放大 缩小 正常 默认 超大"
    " 查看原文 阅读原文 原文链接 查看全文 阅读全文 我要反馈 写评论 发表评论 参与评论 我要评论 加载更多 点击加载更多 扫码阅读全文 标签 二维码".casefold().split()
)

# What is furniture even where it is long or ends a sentence.
LICENCE = Rules(
    {
        # 原标题：…？; （原题为《…》）
        "original title": r"[（(]?原(标)?题(为|：|:).{1,100}",
        # 本文仅代表作者个人观点。; 图片均来自网络。
        "disclaimer": r"[（(]?(本文|以上内容|文章内容)(仅|只|均)?(代表|为)作者.{0,60}|[（(]?图片(均|皆)?(来自|来源于|源自).{0,15}"
        r"|[（(]?(信息|素材|文字)(均|皆)?(来自|来源于|源自)(互联)?网络.{0,5}|[（(]本文来自.{0,60}",
        # Copyright © …; 【免责声明】…; 凡本网注明…
        "copyright": r"[【\[]?(Copyright|©|\(c\)|版权声明|免责声明|凡本(网|站)(注明|转载|所有)|本网站?(所有|转载|注明|刊载)).{0,290}|法律声明"
        r"|[【\[]?(特别|郑重|本站郑重|本网)?声明[】\]]?[：:].{0,120}(转载|版权|本网|本站|本平台|观点|投资|以上内容).{0,150}"
        r"|未经.{0,20}(授权|许可|同意).{0,60}(转载|摘编|镜像).{0,200}",
        # …转载请注明来源; …不代表本网立场
        "reprint": r".{0,200}(All Rights Reserved|转载请注明(出处|来源|本文)|不代表本(网|站|平台|报)(站|的)?(观点|立场)|违法和不良信息举报(电话|邮箱|热线|中心)?\s?[：:]).{0,100}",
    },
    {"reprint": ("转载请注明", "不代表本", "违法和不良信息", "ights", "IGHTS")},
)


HEADINGS = Rules(
    {
        # 一、总体要求
        "first level": rf"{_CHINESE_NUMBER}\s?[、，.．].{{1,46}}",
        # （一）加强组织领导
        "second level": rf"[（(]\s?{_CHINESE_NUMBER}\s?[）)]\s?.{{1,44}}",
        # 1. 完善机制; 1、完善机制
        "third level": r"\d{1,2}\s?[.．、]\s?[^\d\s].{0,40}",
        # （1）完善机制
        "fourth level": r"[（(]\d{1,2}[）)]\s?.{1,40}",
        # 第一章 总则
        "chapter": rf"第\s?({_CHINESE_NUMBER}|\d{{1,3}})\s?[章节编篇卷]([\s　].{{0,40}}|[^，。、；]{{0,20}})",
        # 第一部分：…
        "part": rf"第{_CHINESE_NUMBER}(部分|单元|板块)([\s　：:].{{0,40}})?",
        # 【要闻】
        "brackets": r"【[^【】]{1,30}】|■.{1,30}|◆.{1,30}|●[^，。]{1,25}",
        # ## from Markdown that was pasted as text
        "marked": r"#{1,6}\s.{1,50}",
    }
)


# Lines above the first paragraph that are no title, though they read like one.
FRONT = Rules(
    {
        # 晏政法发〔2022〕31号
        "document number": r".{1,20}[〔［\[（(]\s?\d{4}\s?[〕］\]）)]\s?第?\s?\d{1,4}\s?号",
        # 2023年第7期; 第9期（总第212期）
        "issue": r"(\d{4}\s?年)?\s{0,2}(总?第\s?[\d一二三四五六七八九十]{1,5}\s?[期号辑刊版].{0,20})",
        # 渠口开发区总工会编; 《禾泽乡风》编辑部
        "publisher": r".{2,30}(编印?|主办|编辑部|印发)([\s\u3000].{0,20})?",
        # ——2020年1月8日在沙棠县第十八届人民代表大会第四次会议上
        "occasion": r"[—―－-]{1,2}.{0,50}(会议?|大会|全会|论坛|讲话)上?(的讲话|的报告)?",
        # （2007年6月29日第十届全国人民代表大会常务委员会第二十八次会议通过）
        "adopted": r"[（(]\s?\d{4}\s?年.{2,56}[）)]",
        # 沙棠县人民政府县长　向雨荣
        "speaker": r".{0,24}(省长|市长|区长|县长|乡长|镇长|州长|盟长|旗长|主任|院长|检察长|书记|局长|主席|发言人|记者)"
        r"[\s\u3000：:]{1,4}.{2,6}",
    }
)

# 图为…; …（张三 摄）
_CAPTION = re.compile(r"[▲▼△图].{0,60}|.{0,60}(摄|供图|配图|资料图|截图)[）)]?")
_BETWEEN_BUTTONS = re.compile(r"[\s\u3000|｜丨·/>»:：,，、+【】\[\]（）()<《》]+")
_SEGMENTS = re.compile(r"[\s\u3000]{2,}|[\u3000|｜]")
_LONGEST_STRIP = 160
_LONGEST_SEGMENT = 40
_LONGEST_PLAIN_HEADING = 30
_LONGEST_ITEM = 8
_LEAST_MENU = 3
_TITLE_LINES = 2

_LIST_TITLE = FURNITURE.only("list title")
_LAST_LINE = FURNITURE.only("editor", "neighbour", "list title")
_DATE = FURNITURE.only("date")


class _Line(msgspec.Struct, gc=False):
    """A line on its way to a paragraph; `long` if too long for furniture or a sentence's end."""

    start: int
    text: str
    hint: Kind | None
    kind: Kind
    long: bool

    @property
    def prose(self) -> bool:
        return self.long and self.kind == "body"

    @property
    def open(self) -> bool:
        """Whether neither the format nor a rule said what this short line is."""
        return not self.long and not self.hint and self.kind == "body"


def split(document: Document) -> tuple[Paragraph, ...]:
    """Split a document into its paragraphs, in order; each is a slice of the text."""
    lines = list(_lines(document))
    _mark_lists(lines)
    prose = [index for index, line in enumerate(lines) if line.prose]
    if prose:
        _mark_front(lines[: prose[0]])
        _mark_signature(lines[prose[-1] + 1 :])
    _mark_headings(lines)
    return tuple(
        Paragraph(index, line.kind, line.start, line.start + len(line.text), line.text)
        for index, line in enumerate(lines)
    )


def kind_of(text: str, hint: Kind | None = None) -> Kind:
    """Guess the kind of one line from its words; a hint stands unless it is furniture."""
    return _kind_of(text, hint, LICENCE.fit, long=_is_prose(text))


def _kind_of(text: str, hint: Kind | None, is_licence: Callable[[str], object], *,
             long: bool) -> Kind:
    length = len(text)
    if (hint == "furniture"
            or (length <= LONGEST_LICENCE and is_licence(text))
            or (length <= _LONGEST_STRIP and _is_strip(text))
            or (not long and _is_short_furniture(text))):
        return "furniture"
    if hint or long:
        return hint or "body"
    return "heading" if length <= LONGEST_HEADING and HEADINGS.fit(text) else "body"


def ends_article(text: str) -> bool:
    """Say whether a line is one that stands below an article: its editor, its neighbours."""
    return len(text) <= LONGEST_FURNITURE and _LAST_LINE.fit(text)


def title(document: Document) -> str:
    """Give the first heading above all prose, or nothing."""
    above, end = 0, None
    for line in _lines(document):
        if line.prose:
            end = line.start + len(line.text)
            break
        above += 1
    if not above:
        return ""
    front = split(replace(document, text=document.text[:end]))
    return next((paragraph.text for paragraph in front if paragraph.kind == "heading"), "")


def _lines(document: Document) -> Iterator[_Line]:
    """Yield the lines that are not blank, their edges stripped."""
    hint_at, is_licence = document.hints.get, LICENCE.within(document.text)
    offset = 0
    for line in document.text.split("\n"):
        bare = line.strip()
        if bare:
            start = offset + line.index(bare[0])
            hint, long = hint_at(start), _is_prose(bare)
            kind = _kind_of(bare, hint, is_licence, long=long)
            yield _Line(start, bare, hint, kind, long)
        offset += len(line) + 1


def _is_prose(text: str) -> bool:
    return len(text) > LONGEST_FURNITURE or bool(_SENTENCE_END.search(text))


def _are_buttons(text: str) -> bool:
    words = [word for word in _BETWEEN_BUTTONS.split(text.casefold()) if word]
    return bool(words) and BUTTONS.issuperset(words)


def _is_strip(text: str) -> bool:
    """Say whether a line is a row of furniture: a date, a source, a view count."""
    if len(text.split(maxsplit=1)) < 2 and "|" not in text and "｜" not in text:
        return False  # most lines: a third of the time of looking for segments
    segments = [segment for segment in _SEGMENTS.split(text) if segment]
    if len(segments) < 2 or max(map(len, segments)) > _LONGEST_SEGMENT:
        return False
    known = sum(not _is_prose(part) and _is_short_furniture(part) for part in segments)
    return known >= 2 and 2 * known >= len(segments)


def _is_short_furniture(text: str) -> bool:
    return _are_buttons(text) or FURNITURE.fit(text)


def _mark_lists(lines: Sequence[_Line]) -> None:
    """Mark the headlines under "related news", as far as the next prose."""
    in_list = False
    for line in lines:
        if line.kind == "furniture":
            in_list = in_list or (not line.hint and _LIST_TITLE.fit(line.text))
        elif in_list and line.open and line.text[-1] not in "：:":
            line.kind = "furniture"
        else:
            in_list = False


def _mark_front(lines: Sequence[_Line]) -> None:
    """Tell menus and mastheads above the first prose from the title."""
    _mark_menus(lines)
    waiting = [line for line in lines if line.open]
    for line in waiting:
        if FRONT.fit(line.text):
            line.kind = "furniture"
    if any(line.kind == "heading" for line in lines):
        return
    left = (line for line in waiting if line.open)
    for line in islice(takewhile(_is_title, left), _TITLE_LINES):
        line.kind = "heading"


def _mark_menus(lines: Sequence[_Line]) -> None:
    """Mark runs of very short lines: the menu of a page that was pasted as text."""
    run: list[_Line] = []
    for line in (*lines, None):
        if line and not line.hint and line.text.isalnum() and len(line.text) <= _LONGEST_ITEM:
            run.append(line)
            continue
        # A list of short demands looks the same but for the buttons.
        if len(run) >= _LEAST_MENU and any(item.kind == "furniture" for item in run):
            for item in run:
                item.kind = "furniture"
        run = []


def _mark_signature(lines: Sequence[_Line]) -> None:
    """Mark who signed: the lines just above a date that stands below all prose."""
    for line, following in pairwise(lines):
        if line.open and following.kind == "furniture" and _DATE.fit(following.text):
            line.kind = "furniture"


def _mark_headings(lines: Sequence[_Line]) -> None:
    """Mark short lines between prose as the headings of what follows."""
    content = [line for line in lines if line.kind != "furniture"]
    for before, line, after in zip(content, content[1:], content[2:], strict=False):
        if line.long or not line.open:  # as most are
            continue
        stands_between = (before.prose or before.kind == "heading") and after.prose
        if stands_between and _is_plain_heading(line.text):
            line.kind = "heading"


def _is_title(line: _Line) -> bool:
    return len(line.text) <= LONGEST_HEADING and line.text[-1] not in "：:，,、"


def _is_plain_heading(text: str) -> bool:
    short = len(text) <= _LONGEST_PLAIN_HEADING and text[-1] not in "：:，,、）)"
    columns = text.count("\u3000") > 1 or "\t" in text
    return short and not columns and not _CAPTION.fullmatch(text)
