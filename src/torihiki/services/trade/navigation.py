from torihiki.services.trade.pages import document_shown
from torihiki.web.slots import fill

fill("document", "trade/card.html", document_shown)
