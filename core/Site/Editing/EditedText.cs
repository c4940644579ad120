using System.Text;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Texts that administrators enter.</summary>
internal static class EditedText
{
    private const int MaxName = 255;

    /// <summary>Throws unless a text is the name of a group, storage policy or node.</summary>
    /// <param name="name">The text.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public static void CheckName(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxName)
            throw new CloudreveException(ErrorCode.BadParameter, "The name must have 1 to 255 characters.");
        Check(name, "The name");
    }

    /// <summary>Throws for a text with characters that are invisible or that no table can store.</summary>
    /// <param name="what">Its name, at the beginning of a sentence.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public static void Check(string text, string what)
    {
        // Half of a surrogate pair becomes this character when the text is decoded as the table would.
        if (text.Any(char.IsControl) || text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar))
            throw new CloudreveException(ErrorCode.BadParameter, $"{what} contains characters that are not allowed.");
    }
}
