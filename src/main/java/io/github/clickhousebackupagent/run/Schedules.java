package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import java.time.Clock;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a schedule asks for when it fires, and what of that waits already. Thread-safe.
 *
 * <p>A schedule that fires while its run before still waits for the target is turned away: with
 * hourly schedules behind a backup that takes a day, the queue would otherwise grow by a backup an
 * hour that nobody needs.
 */
public final class Schedules {

    private final AgentConfig config;
    private final Clock clock;
    private final Map<String, Date> lastFired = new ConcurrentHashMap<>();
    private final Set<List<String>> waiting = ConcurrentHashMap.newKeySet();

    /**
     * @param config the schedules
     * @param clock tells when a run was asked for
     */
    public Schedules(AgentConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    /**
     * Returns a request for each target of a schedule that fires.
     *
     * @param fireTime the time that it was to fire at; a schedule with two triggers, for days of
     *     the month and of the week, asks once where both fire
     */
    public List<RunRequest> requests(String schedule, Date fireTime) {
        if (fireTime.equals(lastFired.put(schedule, fireTime))) {
            return List.of();
        }
        ScheduleConfig what = config.schedules().get(schedule);
        return config.targetsOf(what).stream()
                .map(target -> new RunRequest(target, what.kind(), schedule, clock.instant()))
                .toList();
    }

    /** Returns whether a request may join the queue, which it then is taken to do. */
    public boolean admit(RunRequest request) {
        return request.schedule() == null || waiting.add(key(request));
    }

    /** A request has left the queue. */
    public void taken(RunRequest request) {
        waiting.remove(key(request));
    }

    private static List<String> key(RunRequest request) {
        return request.schedule() == null
                ? List.of(request.target())
                : List.of(request.target(), request.schedule());
    }
}
