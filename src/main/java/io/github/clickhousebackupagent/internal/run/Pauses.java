package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which schedules ask for no runs for a while, at which targets. It stands in the journal of each
 * target, where a running agent sees it at its next firing, whoever wrote it. Thread-safe.
 */
public final class Pauses {

    private final Journals journals;

    Pauses(Journals journals) {
        this.journals = journals;
    }

    /**
     * What came of a wish.
     *
     * @param changed whether anything did
     * @param pause what was in force before; of a new pause that pause; null: there is none
     * @param remaining what else keeps the same schedules from asking for runs
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Change(boolean changed, Pause pause, List<Pause> remaining) {}

    /**
     * Pauses a target or one of its schedules, unless it is.
     *
     * @throws io.github.clickhousebackupagent.internal.journal.JournalException if the journal
     *     cannot be read or written
     */
    public synchronized Change pause(PauseRequest request) {
        Optional<Pause> before = pauseOf(request);
        if (before.isPresent()) {
            return new Change(false, before.get(), remaining(request));
        }
        write(JournalEvent.PAUSED, request);
        return new Change(true, pauseOf(request).orElse(null), remaining(request));
    }

    /**
     * Lets the schedules of a target, or one of them, ask for runs again, if they do not. What was
     * due meanwhile was not missed.
     *
     * @throws io.github.clickhousebackupagent.internal.journal.JournalException if the journal
     *     cannot be read or written
     */
    public synchronized Change resume(PauseRequest request) {
        Optional<Pause> before = pauseOf(request);
        if (before.isEmpty()) {
            return new Change(false, null, remaining(request));
        }
        write(JournalEvent.UNPAUSED, request);
        return new Change(true, before.get(), remaining(request));
    }

    private Optional<Pause> pauseOf(PauseRequest request) {
        return journals.look(request.target(), state -> state.ownPause(request.schedule()));
    }

    private List<Pause> remaining(PauseRequest request) {
        return journals.look(request.target(), TargetState::pauses).stream()
                .filter(pause -> (pause.schedule() == null) != (request.schedule() == null))
                .toList();
    }

    private void write(String event, PauseRequest request) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("schedule", request.schedule());
        details.put("reason", request.reason());
        details.put("by", request.by());
        journals.write(request.target(), journals.event(null, event, details));
    }
}
