"""The API of documents and partners: it reads shapes, calls the same actions as the pages, and answers with shapes."""
