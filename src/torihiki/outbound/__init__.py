"""The one way in which torihiki asks other people's servers: to addresses that were checked, within bounds."""
