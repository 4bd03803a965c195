package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.chain.Base;
import io.github.clickhousebackupagent.internal.chain.Proof;
import java.time.Instant;

/** Runs as they would be in the middle of their way. */
public final class BackupRuns {

    private BackupRuns() {}

    /** Returns a run that lacks nothing but that its marker is moved. */
    public static Run proven(String target, String backup) {
        Run.Draft draft = new Run.Draft();
        draft.id = "run-of-" + backup;
        draft.target = target;
        draft.kind = RunKind.FULL;
        draft.startedAt = Instant.now();
        draft.stageStartedAt = draft.startedAt;
        draft.begun = true;
        draft.locked = true;
        draft.stage = Stage.PROVE;
        draft.backup = backup;
        draft.base = Base.NONE;
        draft.callbackToken = "token";
        draft.proof = new Proof(backup, 1, 1);
        return draft.run();
    }
}
