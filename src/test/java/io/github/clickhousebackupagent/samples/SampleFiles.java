package io.github.clickhousebackupagent.samples;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The files as they are, but for some that a test has changed.
 *
 * @param changed the text of these, by path from the top of the project
 */
record SampleFiles(Map<String, String> changed) {

    SampleFiles {
        changed = Map.copyOf(changed);
    }

    /** Returns whether there is such a file. */
    boolean exists(String path) {
        return changed.containsKey(path) || Files.isRegularFile(Path.of(path));
    }

    String text(String path) throws IOException {
        return changed.containsKey(path) ? changed.get(path) : Files.readString(Path.of(path));
    }

    Map<String, Object> yaml(String path) throws IOException {
        Object loaded = new Load(LoadSettings.builder().build()).loadFromString(text(path));
        return ComposeFile.map(loaded);
    }

    /** The elements that an XPath finds in a file. */
    List<Element> elements(String path, String xpath) throws IOException {
        try {
            Document document =
                    DocumentBuilderFactory.newInstance()
                            .newDocumentBuilder()
                            .parse(
                                    new ByteArrayInputStream(
                                            text(path).getBytes(StandardCharsets.UTF_8)));
            NodeList found =
                    (NodeList)
                            XPathFactory.newInstance()
                                    .newXPath()
                                    .evaluate(xpath, document, XPathConstants.NODESET);
            List<Element> elements = new ArrayList<>();
            for (int i = 0; i < found.getLength(); i++) {
                elements.add((Element) found.item(i));
            }
            return elements;
        } catch (ParserConfigurationException | SAXException | XPathExpressionException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }
}
