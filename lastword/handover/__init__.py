"""The hand-over: what territory and quota planning take over of a published run, as one package of files that fit together."""

from lastword.handover.package import HandedOver, hand_over

__all__ = ["HandedOver", "hand_over"]
