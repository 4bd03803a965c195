/**
 * When a schedule fires.
 *
 * <p>In: a cron expression, as crontab or Quartz has it, and a zone. Out: the expressions that
 * Quartz is given, and the times at which they fire.
 */
package io.github.clickhousebackupagent.internal.schedule;
