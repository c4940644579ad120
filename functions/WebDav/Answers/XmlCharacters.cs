using System.Text;
using System.Xml;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>Texts that XML may not hold as they are: earlier releases accepted names with control characters.</summary>
internal static class XmlCharacters
{
    /// <summary>A text with a replacement for each character that XML does not allow.</summary>
    public static string Replace(string text)
    {
        var valid = true;
        for (var i = 0; i < text.Length && valid; i++)
            valid = XmlConvert.IsXmlChar(text[i]) || char.IsSurrogate(text[i]);
        if (valid)
            return text;
        var result = new StringBuilder(text.Length);
        foreach (var character in text)
            result.Append(XmlConvert.IsXmlChar(character) || char.IsSurrogate(character) ? character : '\uFFFD');
        return result.ToString();
    }
}
