/**
 * Pictures of the routes.
 *
 * <p>In: the routes as trees of steps, without Camel, and the journal of a run. Out: a graph, and
 * that as Mermaid, DOT or SVG.
 */
package io.github.clickhousebackupagent.internal.diagram;
