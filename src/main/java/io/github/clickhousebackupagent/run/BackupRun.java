package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.chain.BackupKind;
import io.github.clickhousebackupagent.chain.Base;
import io.github.clickhousebackupagent.chain.Proof;
import java.time.Instant;

/**
 * A run as it stands. Immutable: each step gives a new one. Routes read its parts, such as {@code
 * ${exchangeProperty.run.backup}}.
 *
 * @param id unique over all runs of all targets; sorts by time
 * @param target name of the target
 * @param kind what is made; after the choice of the base it may differ from what was asked for
 * @param schedule name of the schedule; null: by hand
 * @param startedAt when it was taken from the queue
 * @param locked whether it holds the lock of its target; without, it may not go on
 * @param stage how far it is
 * @param stageStartedAt since when it is in that stage
 * @param backup the backup's name; null before the base is chosen
 * @param base what the upload is an increment on; null before it is chosen
 * @param operation what the server does for it, or did last; null before the first
 * @param callbackUrl where the server is to call back; null: it is not to
 * @param callbackToken what makes that address unguessable
 * @param proof that the backup counts; null until it does
 */
public record BackupRun(
        String id,
        String target,
        BackupKind kind,
        String schedule,
        Instant startedAt,
        boolean locked,
        Stage stage,
        Instant stageStartedAt,
        String backup,
        Base base,
        Operation operation,
        String callbackUrl,
        String callbackToken,
        Proof proof) {

    static BackupRun begun(
            String id,
            RunRequest request,
            Instant at,
            boolean locked,
            String callbackUrl,
            String callbackToken) {
        return new BackupRun(
                id,
                request.target(),
                request.kind(),
                request.schedule(),
                at,
                locked,
                Stage.BEGIN,
                at,
                null,
                null,
                null,
                callbackUrl,
                callbackToken,
                null);
    }

    BackupRun at(Stage next, Instant when) {
        return copy(kind, next, when, backup, base, operation, proof);
    }

    BackupRun choosing(BackupKind chosen, String name, Base on) {
        return copy(chosen, stage, stageStartedAt, name, on, operation, proof);
    }

    BackupRun with(Operation next) {
        return copy(kind, stage, stageStartedAt, backup, base, next, proof);
    }

    BackupRun with(Proof found) {
        return copy(kind, stage, stageStartedAt, backup, base, operation, found);
    }

    private BackupRun copy(
            BackupKind newKind,
            Stage newStage,
            Instant since,
            String newBackup,
            Base newBase,
            Operation newOperation,
            Proof newProof) {
        return new BackupRun(
                id,
                target,
                newKind,
                schedule,
                startedAt,
                locked,
                newStage,
                since,
                newBackup,
                newBase,
                newOperation,
                callbackUrl,
                callbackToken,
                newProof);
    }
}
