package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.internal.chain.Base;
import io.github.clickhousebackupagent.internal.chain.Proof;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.BackupAt;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.order.Place;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Brings a run back to where its journal says it was. What the journal does not say, as the agent
 * was killed between a call and the line about it, comes out as an operation in doubt. Stateless.
 */
final class Replay {

    /** What the journal says of an operation that was lost without a word of the server. */
    static final String LOST = "lost";

    private Replay() {}

    /**
     * Returns an unfinished run as it stands, without a lock and a callback address.
     *
     * @param target name of the target
     * @param events all of the run, oldest first; the first is its request or its beginning
     */
    static Run of(String target, List<JournalEvent> events) {
        Run.Draft draft = new Run.Draft();
        JournalEvent first = events.get(0);
        draft.id = first.run();
        draft.target = target;
        draft.startedAt = first.time();
        draft.stageStartedAt = first.time();
        draft.resumed = true;
        events.forEach(event -> accept(draft, event));
        return draft.run();
    }

    private static void accept(Run.Draft draft, JournalEvent event) {
        switch (event.event()) {
            case JournalEvent.REQUESTED, JournalEvent.BEGUN -> {
                draft.kind = RunKind.of(event.detail("kind")).orElse(draft.kind);
                draft.schedule = event.detail("schedule");
                TargetState.due(event).ifPresent(due -> draft.due = due);
                draft.order = order(draft.kind, event);
                if (draft.order != null) {
                    draft.backup = draft.order.backup();
                    draft.left = draft.order instanceof DeleteOrder all ? copies(all) : null;
                }
                draft.startedAt = event.time();
                draft.begun |= event.event().equals(JournalEvent.BEGUN);
            }
            case JournalEvent.BASE_CHOSEN -> {
                enter(draft, Stage.CHOOSE_BASE, event);
                draft.kind = RunKind.of(event.detail("kind")).orElse(draft.kind);
                draft.backup = event.detail("backup");
                draft.base = base(event);
                draft.marker = event.detail("marker");
            }
            case JournalEvent.OPERATION_ANNOUNCED -> announced(draft, event);
            case JournalEvent.OPERATION_ACKNOWLEDGED -> {
                if (draft.operation != null) {
                    draft.operation = draft.operation.acknowledged(event.detail("operation-id"));
                }
            }
            case JournalEvent.OPERATION_ENDED -> ended(draft, event);
            case JournalEvent.RENAMED -> {
                // Always for a create: the next one of a run, or that of a backup made anew.
                int failures = draft.failures;
                draft.startedOver |= draft.stage == Stage.UPLOAD;
                boolean goesOn = draft.stage == Stage.CREATE;
                enter(draft, Stage.CREATE, event);
                draft.failures = goesOn ? failures : 0;
                draft.backup = event.detail("backup");
            }
            // Whether the server heard of it is not known, and a second kill does no harm.
            case JournalEvent.KILL_ANNOUNCED -> draft.kill = Kill.DUE;
            case JournalEvent.PROVEN -> {
                Optional<Long> size = number(event.detail("size"));
                Optional<Long> length = number(event.detail("chain-length"));
                if (size.isPresent() && length.isPresent() && draft.backup != null) {
                    draft.proof =
                            new Proof(
                                    draft.backup,
                                    size.get(),
                                    (int) Math.min(length.get(), Integer.MAX_VALUE));
                    enter(draft, Stage.MOVE_MARKER, event);
                }
            }
            default -> {
                // Says nothing of how far it is.
            }
        }
    }

    private static void announced(Run.Draft draft, JournalEvent event) {
        Optional<Stage> stage =
                stage(event.detail("operation"))
                        .filter(Stage::isOfServer)
                        .filter(s -> draft.backup != null || event.detail("backup") != null);
        if (stage.isEmpty()) {
            return;
        }
        if (stage.get() == Stage.DELETE) {
            draft.backup = event.detail("backup");
            draft.fetch = draft.kind == RunKind.RESTORE ? Fetch.ANEW : null;
        }
        if (draft.stage != stage.get()) {
            enter(draft, stage.get(), event);
        }
        // Asked for again it is only where the server did not take it on, or where it failed.
        BackupAt copy =
                new BackupAt(
                        Place.LOCAL.word().equals(event.detail("place"))
                                ? Place.LOCAL
                                : Place.REMOTE,
                        draft.backup);
        Operation wanted =
                stage.get() == Stage.DELETE
                        ? Operation.deletion(copy.deletion(), copy.name(), event.time())
                        : Operation.of(stage.get().word(), draft.backup, event.time());
        int earlier = number(event.detail("earlier")).map(Math::toIntExact).orElse(0);
        draft.operation = wanted.after(earlier).announced(event.time());
        draft.tries++;
        draft.kill = Kill.NO;
        if (event.detail("base") != null) {
            draft.base = base(event);
        }
    }

    private static void ended(Run.Draft draft, JournalEvent event) {
        if (draft.operation == null) {
            return;
        }
        String word = event.detail("status");
        if (LOST.equals(word)) {
            draft.operation = draft.operation.as(OperationStatus.LOST);
            return;
        }
        Optional<OperationStatus> status =
                Stream.of(OperationStatus.values())
                        .filter(known -> known.word() != null && known.word().equals(word))
                        .findFirst();
        if (status.isEmpty()) {
            return; // Stays as it was before; the server is asked.
        }
        if (status.get() == OperationStatus.SUCCESS) {
            succeeded(draft, event);
            return;
        }
        draft.operation = draft.operation.ended(status.get(), event.detail("error"));
        draft.failures++;
    }

    private static void succeeded(Run.Draft draft, JournalEvent event) {
        switch (draft.stage) {
            case CREATE -> enter(draft, Stage.UPLOAD, event);
            case UPLOAD -> enter(draft, Stage.PROVE, event);
            case DOWNLOAD -> enter(draft, Stage.RESTORE, event);
            case DELETE -> {
                String gone = draft.operation.command();
                if (draft.left != null) {
                    draft.left =
                            draft.left.stream()
                                    .filter(copy -> !copy.deletion().equals(gone))
                                    .toList();
                }
                draft.operation = null;
                if (draft.kind == RunKind.RESTORE) {
                    enter(draft, Stage.DOWNLOAD, event);
                }
            }
            default -> draft.operation = draft.operation.as(OperationStatus.SUCCESS);
        }
    }

    private static List<BackupAt> copies(DeleteOrder order) {
        return order.names().stream().map(name -> new BackupAt(order.place(), name)).toList();
    }

    private static Order order(RunKind kind, JournalEvent event) {
        return kind == null || kind.makesBackup()
                ? null
                : Orders.of(kind.order(), event.details().get("order")).orElse(null);
    }

    private static void enter(Run.Draft draft, Stage stage, JournalEvent event) {
        draft.stage = stage;
        draft.stageStartedAt = event.time();
        draft.operation = null;
        draft.tries = 0;
        draft.failures = 0;
        draft.kill = Kill.NO;
    }

    private static Base base(JournalEvent event) {
        String name = event.detail("base");
        return name == null
                ? Base.NONE
                : new Base(name, Boolean.parseBoolean(event.detail("base-is-local")));
    }

    private static Optional<Stage> stage(String word) {
        return Optional.ofNullable(word)
                .map(text -> text.toUpperCase(Locale.ROOT).replace('-', '_'))
                .flatMap(
                        name ->
                                Stream.of(Stage.values())
                                        .filter(stage -> stage.name().equals(name))
                                        .findFirst());
    }

    private static Optional<Long> number(String text) {
        return Optional.ofNullable(text).filter(t -> t.matches("[0-9]{1,18}")).map(Long::valueOf);
    }
}
