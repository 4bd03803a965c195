package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.waiting.Backoff;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import io.github.clickhousebackupagent.internal.waiting.Patience;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Questions to the API, which change nothing and may be asked again: a server that is restarted, or
 * a proxy that is, gives no answer for a while. Thread-safe.
 */
public final class Questions {

    private static final Backoff PAUSES =
            new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

    private final AgentConfig config;
    private final Clock clock;
    private final Callbacks callbacks;
    private final News news;

    Questions(AgentConfig config, Clock clock, Callbacks callbacks, News news) {
        this.config = config;
        this.clock = clock;
        this.callbacks = callbacks;
        this.news = news;
    }

    /**
     * Takes in that a question was not answered, and waits before it is asked again.
     *
     * @param run whose question it is; null: nobody waits for it for long
     * @param before with what it was waited for until now; null: this was the first time
     * @param reason why there was no answer, or none that is understood
     * @return with what it is waited for from here on
     * @throws Exception the reason, if asking again is no use, or the server has been out of reach
     *     for {@code limits.outage}
     */
    public Patience unanswered(Run run, Patience before, Exception reason) throws Exception {
        Exception telling = Causes.telling(reason);
        boolean mayPass =
                Causes.isOfNetwork(telling) || telling instanceof ApiException api && api.mayPass();
        if (run == null || !mayPass || !isWorthWaiting(run)) {
            throw telling;
        }
        Instant now = clock.instant();
        Patience patience = Patience.after(before, now);
        Duration limit = config.limits().outage();
        if (patience.isOver(limit, now)) {
            throw telling;
        }
        if (patience.tries() == 1) {
            String why = Causes.explain(telling, config.targets().get(run.target()).url());
            news.tell(
                    listener ->
                            listener.warned(
                                    run,
                                    "%s; it is asked again for up to %s"
                                            .formatted(why, Durations.format(limit))));
        }
        Duration left = limit.minus(patience.waited(now));
        Duration pause = PAUSES.pause(patience.tries());
        if (!callbacks.sleep(pause.compareTo(left) < 0 ? pause : left)) {
            throw new RunSuspendedException(callbacks.why() + " while the server was away");
        }
        return patience;
    }

    /** Takes in that a question was answered. */
    public void answered(Run run, Patience before) {
        if (run != null && before != null) {
            Duration away = before.waited(clock.instant());
            news.tell(
                    listener ->
                            listener.noted(
                                    run,
                                    "the server answers again, after " + Durations.spoken(away)));
        }
    }

    /** Whoever asks by hand for a backup of a server that is not there is told so at once. */
    private static boolean isWorthWaiting(Run run) {
        return run.schedule() != null || !run.stage().isBeforeChanges();
    }
}
