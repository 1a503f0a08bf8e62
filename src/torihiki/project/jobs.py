"""Jobs about jobs: what a killed worker left behind is taken up again."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

STALLED_AFTER_SECONDS = 60  # a worker shows a sign of life every ten


@app.periodic(cron="* * * * *")
@app.task(queue="calendar", pass_context=True, queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Once a minute: give back the jobs of workers that died. Every job may run twice and is written for that."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        await manager.retry_job(job)
