"""Journeys: people of several companies use the platform through real browsers, against real processes.

    pytest tests/journeys                                 the short set
    pytest tests/journeys --long -n 2                     every member, in both languages, on both screens
    TORIHIKI_JOURNEY_PICTURES=1 pytest tests/journeys     keeps a picture of every page, in var/journeys
    PYTHONPATH=src python -m tests.journeys.pictures      renews the pictures of the READMEs

The platform is started once for each process of pytest, as `bin/up` starts it, with the demo, on free ports in a folder
of its own, and ends with the last journey. Tests share it: each makes the documents that it needs.

Every page that comes up is examined (`Person.examine`): its status, axe with the rules of WCAG 2.2 A and AA, the
console, the content security policy, double ids, sideways scrolling (on phones at 320 pixels too), the language of the
page, and English left over on Japanese pages. The browser's own forms, such as the date picker, are not judged.
"""
