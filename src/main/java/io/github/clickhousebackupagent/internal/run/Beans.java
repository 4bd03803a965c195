package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.waiting.CallbackAddress;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What routes call, made for one agent.
 *
 * @param runs the beginning and the end of runs
 * @param steps what the agent does itself in a run
 * @param operations what servers do for runs
 * @param retries what is done about what failed
 * @param questions what is asked again until it is answered
 * @param schedules what schedules ask for
 * @param pauses which of them ask for nothing for a while
 * @param deletions what a deletion would destroy
 * @param restores what a restore would destroy
 * @param handover what the routes before an edit left
 */
public record Beans(
        Runs runs,
        BackupSteps steps,
        Operations operations,
        Retries retries,
        Questions questions,
        Schedules schedules,
        Pauses pauses,
        Deletions deletions,
        Restores restores,
        Handover handover) {

    /** Returns what others are to go on with, once all of this has come to a stop. */
    public Handover.Left left(Instant since) {
        List<RunRequest> waiting = new ArrayList<>(runs.notBegun());
        // What hung before it could begin was not told to stop by anybody.
        schedules.atWork().stream()
                .filter(request -> !runs.hasBegun(request.run()))
                .filter(request -> waiting.stream().noneMatch(r -> r.run().equals(request.run())))
                .forEach(waiting::add);
        waiting.addAll(schedules.waiting());
        return handover.left().and(new Handover.Left(since, runs.atWork(), waiting));
    }

    /**
     * Makes them.
     *
     * @param config targets, policies, limits, folders
     * @param clock for names, journal and limits
     * @param callbacks where servers call back
     * @param callbackAddress what address they are told
     * @param listeners are told what happens
     * @param handover what the routes before an edit left
     */
    public static Beans of(
            AgentConfig config,
            Clock clock,
            Callbacks callbacks,
            CallbackAddress callbackAddress,
            List<RunListener> listeners,
            Handover handover) {
        Journals journals = new Journals(config, clock);
        News news = new News(List.copyOf(listeners));
        BackupSteps steps = new BackupSteps(config, clock, callbacks, journals, news);
        return new Beans(
                new Runs(config, clock, callbacks, callbackAddress, journals, news, handover),
                steps,
                new Operations(config, clock, callbacks, steps, journals, news),
                new Retries(config, clock, callbacks, steps, news),
                new Questions(config, clock, callbacks, news),
                new Schedules(config, clock, journals, news, handover),
                new Pauses(journals),
                new Deletions(config, clock, journals, steps),
                new Restores(config, news),
                handover);
    }
}
