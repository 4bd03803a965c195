/**
 * The file that names the last proven backup of a target.
 *
 * <p>In: the folder of markers. Out: the name that a marker holds. It is written by a route, with
 * the file component.
 */
package io.github.clickhousebackupagent.internal.marker;
