package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupConfig;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.chain.Base;
import io.github.clickhousebackupagent.internal.chain.BaseChoice;
import io.github.clickhousebackupagent.internal.chain.BaseChooser;
import io.github.clickhousebackupagent.internal.chain.LastProven;
import io.github.clickhousebackupagent.internal.chain.Proof;
import io.github.clickhousebackupagent.internal.chain.ProofException;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.waiting.Backoff;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import io.github.clickhousebackupagent.internal.waiting.Patience;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The steps of a backup that the agent does itself, beside what the server does: base and name,
 * proof, marker. Each is a method that a route calls. Thread-safe.
 */
public final class BackupSteps {

    private static final Backoff PROOF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

    private final AgentConfig config;
    private final Clock clock;
    private final Markers markers;
    private final Callbacks callbacks;
    private final Journals journals;
    private final News news;

    BackupSteps(
            AgentConfig config, Clock clock, Callbacks callbacks, Journals journals, News news) {
        this.config = config;
        this.clock = clock;
        this.markers = new Markers(config);
        this.callbacks = callbacks;
        this.journals = journals;
        this.news = news;
    }

    /**
     * Settles kind, name and base of the backup.
     *
     * @param all what is on the server's disk and on remote storage
     * @throws io.github.clickhousebackupagent.internal.chain.NoBaseException if there is no base,
     *     and the policy is to fail then
     */
    public Run chooseBase(Run run, List<BackupItem> all) {
        BackupConfig policy = config.backup();
        Backups inLocal = new Backups(all.stream().filter(BackupItem::local).toList());
        Backups inRemote = new Backups(all.stream().filter(item -> !item.local()).toList());
        Optional<String> marker = markers.read(run.target());
        LastProven last =
                LastProven.find(marker, inRemote, journals.look(run.target(), this::mayBeOurs));
        last.reason().ifPresent(reason -> news.tell(l -> l.warned(run, reason)));
        BaseChoice choice =
                new BaseChooser(policy.base(), policy.maxChainLength(), policy.whenNoBase())
                        .choose(run.kind().backup(), last.name(), inRemote, inLocal);
        String name =
                names().next(
                                choice.kind(),
                                clock.instant(),
                                n -> isTaken(run, n) || inLocal.has(n) || inRemote.has(n));
        Run chosen =
                run.with(
                        draft -> {
                            draft.kind = RunKind.of(choice.kind());
                            draft.backup = name;
                            draft.base = choice.base();
                            draft.marker = marker.orElse(null);
                        });
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("kind", chosen.kind().word());
        details.put("backup", name);
        details.put("base", choice.base().name());
        details.put("base-is-local", choice.base().present() ? choice.base().local() : null);
        details.put("marker", marker.orElse(null));
        details.put("warning", choice.warning());
        details.put("broken", inRemote.broken());
        details.put("orphaned", inRemote.orphaned());
        journals.write(run, JournalEvent.BASE_CHOSEN, details);
        choice.reason().ifPresent(reason -> news.tell(l -> l.warned(chosen, reason)));
        return chosen;
    }

    /**
     * Returns which remote backups are this target's, where its marker does not say: those that the
     * journal knows, or, without a journal, those with our prefixes.
     */
    Predicate<String> mayBeOurs(TargetState state) {
        Set<String> taken = state.namesTaken();
        Set<String> doomed = state.doomed();
        boolean knows = state.knowsNames();
        return name ->
                !doomed.contains(name) && (knows ? taken.contains(name) : names().isOfForm(name));
    }

    private boolean isTaken(Run run, String name) {
        return journals.look(run.target(), state -> state.isTaken(name));
    }

    private BackupNames names() {
        return new BackupNames(config.backup(), config.zone());
    }

    /**
     * Returns the run with a name for its backup that nothing has yet: what a failed create left
     * stays what it is.
     */
    Run renamed(Run run) {
        String name = names().next(run.kind().backup(), clock.instant(), n -> isTaken(run, n));
        journals.write(run, JournalEvent.RENAMED, Map.of("backup", name));
        return run.with(draft -> draft.backup = name);
    }

    /**
     * Returns the run with what is known of its base now: a server may drop the local copy of the
     * base when it makes the new backup.
     *
     * @param local what is on the server's disk after the create
     */
    public Run baseNow(Run run, List<BackupItem> local) {
        if (!run.base().present()) {
            return run;
        }
        String name = run.base().name();
        return run.with(new Base(name, new Backups(local).hasWhole(name)));
    }

    /**
     * Proves the backup; where the list does not, waits before it is asked for again.
     *
     * @param remote the remote list, asked for after the upload's end
     * @return the run, proven or not
     * @throws ProofException if the backup does not count, and has not for {@code limits.proof}
     * @throws RunSuspendedException if the agent stops
     */
    public Run prove(Run run, List<BackupItem> remote) {
        Backups there = new Backups(remote);
        if (run.kind() == RunKind.ADOPT) {
            // Whoever names it by hand may have mistyped the name, and is told so at once.
            return proven(run, Proof.of(run.backup(), there), there);
        }
        try {
            return proven(run, Proof.of(run.backup(), run.base(), there), there);
        } catch (ProofException e) {
            return unproven(run, e);
        }
    }

    private Run proven(Run run, Proof proof, Backups there) {
        Instant created = run.kind() == RunKind.ADOPT ? created(there, run.backup()) : null;
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("backup", proof.backup());
        details.put("size", proof.size());
        details.put("chain-length", proof.chainLength());
        details.put("created", created == null ? null : created.toString());
        details.put("broken", there.broken());
        details.put("orphaned", there.orphaned());
        journals.write(run, JournalEvent.PROVEN, details);
        Run proven =
                run.with(
                        draft -> {
                            draft.proof = proof;
                            draft.patience = null;
                        });
        news.tell(listener -> listener.proven(proven));
        return proven;
    }

    /**
     * Returns of when the data of a backup is that another made; null where that cannot be read. A
     * list tells no zone: the older of both that it may be, as nothing must pass for fresher than
     * it is.
     */
    private Instant created(Backups there, String backup) {
        try {
            LocalDateTime created =
                    LocalDateTime.parse(
                            there.find(backup).orElseThrow().created().replace(' ', 'T'));
            Instant local = created.atZone(config.zone()).toInstant();
            Instant utc = created.toInstant(ZoneOffset.UTC);
            return local.isBefore(utc) ? local : utc;
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** Storage may be out of reach for a moment, and then nothing is listed, or all as broken. */
    private Run unproven(Run run, ProofException reason) {
        Instant now = clock.instant();
        Patience patience = Patience.after(run.patience(), now);
        if (patience.isOver(config.limits().proof(), now)) {
            throw reason;
        }
        if (patience.tries() == 1) {
            news.tell(l -> l.warned(run, reason.getMessage() + "; the list is asked for again"));
        }
        Duration left = config.limits().proof().minus(patience.waited(now));
        Duration pause = PROOF.pause(patience.tries());
        if (!callbacks.sleep(pause.compareTo(left) < 0 ? pause : left)) {
            throw new RunSuspendedException(
                    callbacks.why() + " before %s was proven".formatted(run.backup()));
        }
        return run.with(patience);
    }

    /** Returns the name of the marker's file of the target of a run, in the folder of markers. */
    public String markerFile(Run run) {
        return config.markerFile(run.target()).getFileName().toString();
    }

    /**
     * Returns whether the marker is still to be moved: a run that goes on may have been cut off
     * right after that.
     */
    public boolean marksAnew(Run run) {
        return !run.resumed() || markers.read(run.target()).filter(run.backup()::equals).isEmpty();
    }

    /** Writes down that the marker is about to be moved. */
    public void announceMarker(Run run) {
        journals.write(run, JournalEvent.MARKER_ANNOUNCED, Map.of("backup", run.backup()));
    }

    /**
     * Takes in that the marker could not be written.
     *
     * @throws io.github.clickhousebackupagent.internal.marker.MarkerException always
     */
    public void markerNotMoved(Run run, Exception reason) {
        throw markers.unwritable(run.target(), Causes.telling(reason));
    }

    /**
     * Removes the marker, as nothing is left that it could name.
     *
     * @throws io.github.clickhousebackupagent.internal.marker.MarkerException if it cannot be
     */
    public void removeMarker(Run run) {
        journals.write(run, JournalEvent.MARKER_ANNOUNCED, Map.of());
        markers.remove(run.target());
        journals.write(run, JournalEvent.MARKER_REMOVED, Map.of());
    }

    /** Makes sure that the moved marker stays moved, and writes it down. */
    public void markerMoved(Run run) {
        markers.force(run.target());
        journals.write(run, JournalEvent.MARKER_MOVED, Map.of("backup", run.backup()));
    }
}
