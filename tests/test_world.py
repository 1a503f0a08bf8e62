"""The shared world stands: three companies, two of which trade, behind walls."""

from torihiki.exchange.models import Partner, Party, Relationship
from torihiki.identity.models import Member


def test_issuer_and_receiver_know_each_other_and_the_stranger_knows_nobody(issuer, receiver, stranger):
    assert issuer.partner(receiver).party.name == "株式会社みなと商店"
    assert receiver.partner(issuer).relationship.state == Relationship.State.ACTIVE
    with stranger.acting():
        assert Party.objects.count() == 1
        assert Partner.objects.count() == 0
        assert Relationship.objects.count() == 0
        assert Member.objects.count() == 4
