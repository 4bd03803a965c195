package io.github.clickhousebackupagent.internal.run;

/**
 * The wish that a target, or a schedule of it, asks for no runs, or does again.
 *
 * @param target name of the target
 * @param schedule name of the schedule; null: all of the target
 * @param reason why, in the user's words; null: none was given
 * @param by who wants it
 */
public record PauseRequest(String target, String schedule, String reason, String by) {}
