"""The portal's generic pages over every kind of document: lists, detail, forms, files."""
