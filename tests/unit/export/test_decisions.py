import pytest
import torch
import torch.nn.functional as F

from p3m.export.decisions import Following, tell_decisions
from p3m.export.groups import in_groups
from p3m.export.unpool import with_max_unpool

pytestmark = pytest.mark.onnx

FEATURES = torch.tensor([[[[5.0, 1, 2, 3], [4, 0, 7, 6]]]])
OWN = torch.tensor([[[[0, 6]]]])


def pooled(decisions):
    with Following(decisions) as following:
        return F.max_pool2d(FEATURES, 2, return_indices=True), following


def test_a_graph_tells_the_places_and_classes_that_it_decides_by(traced):
    poolings = [n.output[1] for n in traced.graph.node if n.op_type == "MaxPool" and n.output[1:]]
    (classes,) = (n.output[0] for n in traced.graph.node if n.op_type == "ArgMax")
    assert len(poolings) == 4  # the exporter pools each map once more, with windows of one pixel
    assert tell_decisions(traced) == [poolings[0], poolings[2], classes]
    assert [value.name for value in traced.graph.output][3:] == [poolings[0], poolings[2], classes]


def test_a_graph_in_groups_tells_those_of_each_group(traced):
    with_max_unpool(traced)
    in_groups(traced)
    assert len(tell_decisions(traced)) == 4


def test_what_would_be_decided_anyway_changes_nothing():
    (values, places), following = pooled([OWN.clone()])
    assert values.flatten().tolist() == [5, 7]
    assert torch.equal(places, OWN)
    assert (following.loss, following.tipped, following.taken) == (0, 0, 2)


def test_another_place_is_followed_and_counted_with_what_it_costs():
    (values, places), following = pooled([torch.tensor([[[[4, 6]]]])])
    assert values.flatten().tolist() == [4, 7]
    assert places.flatten().tolist() == [4, 6]
    assert following.loss == pytest.approx(1 / 7)
    assert (following.tipped, following.taken) == (1, 2)


def test_places_within_a_batch_and_in_groups_are_understood():
    features = torch.rand(2, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    expected = F.max_pool2d(features, 2, return_indices=True)
    groups = []
    for group in features.split(2, dim=1):
        places = F.max_pool2d(group, 2, return_indices=True)[1]
        planes = torch.arange(4).reshape(2, 2, 1, 1) * 16
        groups.append(places + planes)
    with Following(groups) as following:
        values, places = F.max_pool2d(features, 2, return_indices=True)
    assert torch.equal(places, expected[1])
    assert torch.equal(values, expected[0])
    assert following.tipped == 0


@pytest.mark.parametrize(
    "decisions", [[], [OWN[:, :, :, :1].clone()]], ids=["nothing", "another shape"]
)
def test_what_a_graph_did_not_decide_is_decided_as_ever(decisions):
    (values, _), following = pooled(decisions)
    assert values.flatten().tolist() == [5, 7]
    assert following.taken == 0


def test_a_class_is_followed():
    logits = torch.tensor([2.0, 2.5, -4]).reshape(1, 3, 1, 1)
    with Following([torch.zeros(1, 1, 1, 1, dtype=torch.int64)]) as following:
        classes = logits.argmax(dim=1, keepdim=True)
    assert int(classes) == 0
    assert following.loss == pytest.approx(0.5 / 4)
    assert (following.tipped, following.taken) == (1, 1)


def test_other_functions_and_code_outside_are_as_ever():
    with Following([OWN + 1]) as following:
        assert F.max_pool2d(FEATURES, 2).flatten().tolist() == [5, 7]
        assert int(FEATURES.argmax()) == 6
    assert following.taken == 0
    assert F.max_pool2d(FEATURES, 2, return_indices=True)[1].equal(OWN)
