/**
 * What Prometheus is told, in figures: what the journals of the targets tell, and what this process
 * has seen of servers, hooks and receivers.
 *
 * <p>In: figures of targets, the configuration. Out: text in one of the formats that Prometheus
 * reads.
 */
package io.github.clickhousebackupagent.internal.metrics;
