/**
 * The page that the agent serves: files that know nothing, and ask the API in the browser.
 *
 * <p>In: the path that is asked for. Out: one of the files of the jar, or that it is none.
 */
package io.github.clickhousebackupagent.internal.page;
