namespace Cloudreve.Core.Infrastructure.Text;

/// <summary>Lengths as people and the contract count them.</summary>
public static class CharacterCount
{
    /// <summary>Number of characters in a text: an emoji or a rare Han character is one, not two.</summary>
    public static int CountCharacters(this string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
