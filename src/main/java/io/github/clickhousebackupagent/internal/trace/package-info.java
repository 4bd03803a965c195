/**
 * Traces of runs, for who wants them: a run is a trace, each stage and each call of it a span.
 *
 * <p>In: what happens in runs, and the calls that are made for them. Out: spans, by OTLP to a
 * collector or to the OpenTelemetry of a platform. Nothing else knows OpenTelemetry, and no class
 * of it is loaded where there are no traces.
 */
package io.github.clickhousebackupagent.internal.trace;
