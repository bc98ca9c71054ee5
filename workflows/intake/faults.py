"""Room: why a file is not taken: a stable code, and a sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflows.limits import FILE_BYTES, PDF_PAGES

MEGABYTES: Final = FILE_BYTES // (1024 * 1024)

FAULTS: Final[Mapping[str, str]] = {
    "file_empty": "文件是空的，请重新选择文件。",
    "file_too_large": f"每个文件不能超过 {MEGABYTES} MB，请压缩或重新拍摄后再上传。",
    "file_format": "只能上传 JPEG、PNG 图片或 PDF，请换一种格式。仅把文件名改成 .jpg 或 .pdf 是不行的。",
    "file_heic": "这是 HEIC 照片，多数电脑打不开。请在手机“设置”的“相机”→“格式”里选“兼容性最佳”后重拍，"
    "或在相册里把照片存为 JPEG，再上传。",
    "file_broken": "文件不完整或已损坏，无法打开。请确认能在自己的设备上正常打开后重新上传。",
    "file_animated": "这是会动的图片，请上传普通的照片或截图。",
    "file_dimensions": "图片的尺寸太大，请缩小或重新拍摄后再上传。",
    "file_encrypted": "PDF 设有密码或使用限制，请去掉密码（例如另行“打印为 PDF”）后再上传。",
    "file_pages": f"PDF 的页数太多，最多 {PDF_PAGES} 页，请拆分后上传需要的部分。",
    "file_heavy": "文件过于复杂，无法处理。请重新拍照，或打印为 PDF 后再上传。",
}


class Unfit(Exception):
    """The file is not taken; `code` is one of `FAULTS`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)

    @property
    def sentence(self) -> str:
        return FAULTS[self.code]
