package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.event.RunEvent;
import java.time.Duration;

/**
 * Is told what happens in runs, as it happens, on the thread that the run is on: it must be quick.
 * What it throws is logged, and never fails a run.
 */
public interface RunListener {

    /** A run was taken from the queue. */
    default void begun(Run run) {}

    /** A run goes on that the end of an agent or a command had cut off. */
    default void resumed(Run run) {}

    /**
     * A run comes to a stop in the middle, and goes on.
     *
     * @param reason why
     * @param atOnce whether it goes on at once, or at the next start
     */
    default void suspended(Run run, String reason, boolean atOnce) {}

    /** A run comes into its next stage. */
    default void entered(Run run) {}

    /** Something is as it should be again, or was found out. */
    default void noted(Run run, String what) {}

    /** Something is not as was asked for, and the run goes on. */
    default void warned(Run run, String warning) {}

    /**
     * The API answered a call that changes something, or refused a call.
     *
     * @param run the run; null where the call is not part of one
     * @param target name of the target
     * @param call method and path
     * @param status HTTP status
     * @param body as it came
     */
    default void answered(Run run, String target, String call, int status, String body) {}

    /** The server started on the operation of this stage. */
    default void operationStarted(Run run) {}

    /**
     * The server was asked, and still works on the operation.
     *
     * @param elapsed since the operation was acknowledged
     */
    default void waiting(Run run, Duration elapsed) {}

    /** The operation of this stage ended well. */
    default void operationSucceeded(Run run) {}

    /** The backup is proven. */
    default void proven(Run run) {}

    /**
     * A route that is hooked in failed, or could not be called; the run goes on.
     *
     * @param event what it was to be told
     * @param what point, route and reason
     */
    default void hookFailed(RunEvent event, String what) {}

    /**
     * The run is about to be over, whether it was begun here, or cut off before and does not go on.
     * One that was missed was no run.
     */
    default void ending(Run run) {}

    /**
     * The configuration has something no longer, and nothing makes the backups that were promised.
     *
     * @param what stands for a run that will not be, with the target; its id is empty
     * @param title what is gone, in one line
     * @param text what more is known
     */
    default void withdrawn(Run what, String title, String text) {}

    /** The run is over. */
    default void ended(RunResult result) {}
}
