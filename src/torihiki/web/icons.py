"""Stroke icons of the portal, drawn by us on a 24 × 24 grid: name → inner SVG. Words carry the meaning; icons help."""

ICONS: dict[str, str] = {
    # places
    "home": '<path d="M4 11 12 4l8 7v9H4z"/><path d="M10 20v-6h4v6"/>',
    "todo": '<rect x="4" y="4" width="16" height="16" rx="3"/><path d="m8.5 12 2.5 2.5 4.5-5"/>',
    "inbox": '<path d="M4 13 6.5 5h11L20 13v6H4z"/><path d="M4 13h4.5l1.5 3h4l1.5-3H20"/>',
    "outbox": '<path d="M20 4 4 10.5l6.5 3L14 20z"/><path d="M20 4 10.5 13.5"/>',
    "draft": '<path d="M13 6 4.5 14.5 4 20l5.5-.5L18 11z"/><path d="m15 4 5 5"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "document": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 12h6M9 16h6"/>',
    "quote": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 16.5h6"/><path d="M9.5 12.5h5"/><path d="M12 10v5"/>',
    "order": '<path d="M3 5h2.5L8 15h9.5L20 8H6.5"/><circle cx="9" cy="19" r="1.5"/>'
    '<circle cx="16.5" cy="19" r="1.5"/>',
    "truck": '<path d="M3 6h11v10H3zM14 10h4l3 3v3h-7"/><circle cx="7.5" cy="17.5" r="1.8"/>'
    '<circle cx="17" cy="17.5" r="1.8"/>',
    "invoice": '<path d="M6 3h12v18l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5L6 21z"/>'
    '<path d="m9.5 7 2.5 4 2.5-4M12 11v5M9.5 12h5M9.5 14.5h5"/>',
    "payment": '<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M3 10h18M7 14.5h4"/>',
    "contract": '<path d="M6 3h12v9M6 3v18h6"/><path d="M9 7.5h6M9 11.5h4"/><circle cx="16.5" cy="16.5" r="3"/>'
    '<path d="m15 19-.5 3 2-1 2 1-.5-3"/>',
    "spec": '<path d="M5 4h14v16H5zM5 9h14M11 9v11M5 14.5h14"/>',
    "partners": '<circle cx="8" cy="8" r="3"/><circle cx="17" cy="9.5" r="2.3"/>'
    '<path d="M3 19c0-3.3 2-5.5 5-5.5s5 2.2 5 5.5M16 14.5c3 0 5 1.8 5 4.5"/>',
    "person": '<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.3-4 3-6.2 7-6.2s6.7 2.2 7 6.2"/>',
    "building": '<path d="M5 21V4h9v17M14 9h5v12M3 21h18"/><path d="M8 8h3M8 12h3M8 16h3"/>',
    "settings": '<path d="M4 7h8M16 7h4M4 17h4M12 17h8"/><circle cx="14" cy="7" r="2"/><circle cx="10" cy="17" r="2"/>',
    "shield": '<path d="M12 3 5 5.5v6c0 4.5 3 7.8 7 9.5 4-1.7 7-5 7-9.5v-6z"/><path d="m9 12 2.2 2.2L15.2 10"/>',
    "ledger": '<path d="M6 3h13v18H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"/><path d="M8 3v18M11.5 8H16M11.5 12H16"/>',
    "chart": '<path d="M4 4v16h16"/><path d="M8 16v-4M12.5 16V8M17 16v-6"/>',
    "theme": '<path d="M2.5 18a5 5 0 0 1 9.5 0 5 5 0 0 1 9.5 0M7 9.5a5 5 0 0 1 10 0"/>'
    '<path d="M5.5 18a1.8 1.8 0 0 1 3.5 0M15 18a1.8 1.8 0 0 1 3.5 0M10.2 9.5a1.8 1.8 0 0 1 3.6 0"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="m11 12 8.5-8.5M15.5 7.5 18 10M18.5 4.5 20.5 6.5"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1h-15z"/><path d="M10 20.5h4"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/><path d="M9.5 9.5c0-3.3 5-3.3 5 0 0 2-2.5 2-2.5 4M12 16.8v.1"/>',
    "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17"/>',
    "sign-out": '<path d="M10 4H5v16h5M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>',
    # states
    "check": '<path d="m5 12.5 4.5 4.5L19 7"/>',
    "check-circle": '<circle cx="12" cy="12" r="8.5"/><path d="m8 12.3 2.8 2.8L16 9.5"/>',
    "alert": '<path d="M12 4 3 20h18z"/><path d="M12 10v4.5M12 17v.1"/>',
    "error": '<path d="M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7z"/><path d="M12 8v5M12 16v.1"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.8v.1"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.3l3.5 2"/>',
    "calendar": '<rect x="4" y="5" width="16" height="15" rx="2"/><path d="M4 9.5h16M8 3v4M16 3v4"/>',
    "lock": '<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
    "eye": '<path d="M2.5 12C5 7.5 8.2 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.7 6.5-9.5 6.5S5 16.5 2.5 12z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "star": '<path d="m12 4 2.4 5.2 5.6.6-4.2 3.8 1.2 5.6-5-2.9-5 2.9 1.2-5.6L4 9.8l5.6-.6z"/>',
    "seal": '<circle cx="12" cy="12" r="8.5"/><path d="M7.5 9h9M8.5 12.5h7M9.5 9v7.5M14.5 9v7.5"/>',
    # acts
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "trash": '<path d="M4.5 7h15M9.5 7V4h5v3M6.5 7l1 13.5h9l1-13.5M10.5 11v6M13.5 11v6"/>',
    "edit": '<path d="M13 6 4.5 14.5 4 20l5.5-.5L18 11zM15 4l5 5"/>',
    "attachment": '<path d="m19 11-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.2a3 3 0 0 1 4.3 4.3l-7.8 7.8a1.5 1.5 0 0'
    ' 1-2.1-2.1L14 7.5"/>',
    "upload": '<path d="M12 16V4.5M7.5 9 12 4.5 16.5 9M4.5 15v5h15v-5"/>',
    "download": '<path d="M12 4v11.5M7.5 11l4.5 4.5 4.5-4.5M4.5 15v5h15v-5"/>',
    "print": '<path d="M7 9V3.5h10V9M7 17H4V9h16v8h-3"/><path d="M7 14h10v6.5H7z"/>',
    "copy": '<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2"/><path d="M15.5 8.5V4H4v11.5h4.5"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7"/>'
    '<path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17"/>',
    "comment": '<path d="M4 5h16v11h-9l-4.5 4v-4H4z"/>',
    "filter": '<path d="M4 5h16l-6 7.5V19l-4-2v-4.5z"/>',
    "sort": '<path d="M8 5v14M4.5 15.5 8 19l3.5-3.5M16 19V5M12.5 8.5 16 5l3.5 3.5"/>',
    "more": '<circle cx="5.5" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="18.5" cy="12" r="1"/>',
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "external": '<path d="M13.5 4H20v6.5M20 4l-9 9M10 6H4.5v13.5H18V14"/>',
    "reply": '<path d="M9.5 6 4 11.5 9.5 17M4 11.5h9c4 0 7 2 7 7"/>',
    "chevron-down": '<path d="m6 9.5 6 6 6-6"/>',
    "chevron-right": '<path d="m9.5 6 6 6-6 6"/>',
    "chevron-left": '<path d="m14.5 6-6 6 6 6"/>',
    "arrow-right": '<path d="M4 12h15.5M13.5 6l6 6-6 6"/>',
    "arrow-left": '<path d="M20 12H4.5M10.5 6l-6 6 6 6"/>',
}

SVG = '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" focusable="false" {1}>{2}</svg>'

LOGO = (
    '<svg class="logo" width="{0}" height="{0}" viewBox="0 0 32 32" focusable="false" aria-hidden="true">'
    '<path class="logo-beam" d="M2.5 6.5c4.5 1.3 9 1.8 13.5 1.8s9-.5 13.5-1.8l-.8 3.9c-4.2 1-8.4 1.5-12.7 1.5'
    'S7.5 11.4 3.3 10.4z"/><path class="logo-beam" d="M5 15h22v2.6H5z"/>'
    '<path class="logo-left" d="M7.7 12H11l-.6 16H6.7z"/><path class="logo-right" d="M21 12h3.3l1 16h-3.7z"/></svg>'
)
"""A torii: its pillars in two colours are the parties, the beam is what they agree, the bar below what is written."""
