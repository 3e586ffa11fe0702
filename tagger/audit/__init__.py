"""The audit of labels: counts, keywords, copies, likely errors, and a gate."""

from tagger.audit.report import Audit, audit, print_audit

__all__ = ["Audit", "audit", "print_audit"]
