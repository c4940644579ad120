namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>A condition that a client states about a resource.</summary>
/// <param name="IsNegated">True if the condition is negated.</param>
/// <param name="Token">A state token such as that of a lock; null for an ETag.</param>
/// <param name="ETag">An ETag in quotes; null for a token.</param>
internal readonly record struct IfCondition(bool IsNegated, string? Token, string? ETag);

/// <summary>Conditions that must all hold.</summary>
/// <param name="Resource">The resource that they concern, as it is written; null for the one that the request addresses.</param>
internal sealed record IfList(string? Resource, IReadOnlyList<IfCondition> Conditions);

/// <summary>Reads the header If (RFC 4918, section 10.4): lists, of which one has to hold.</summary>
internal static class IfHeader
{
    private const int MaxConditions = 200;

    /// <summary>The lists of a header; null for one that is malformed.</summary>
    public static IReadOnlyList<IfList>? Parse(string header)
    {
        var lists = new List<IfList>();
        var (position, count) = (0, 0);
        string? resource = null;
        while (Skip(header, ref position))
        {
            if (header[position] == '<')
            {
                if ((resource = ReadUntil(header, ref position, '>')) is null)
                    return null;
                continue;
            }
            if (header[position++] != '(' || ReadList(header, ref position) is not { Count: > 0 } conditions || (count += conditions.Count) > MaxConditions)
                return null;
            lists.Add(new IfList(resource, conditions));
        }
        return lists.Count == 0 ? null : lists;
    }

    private static List<IfCondition>? ReadList(string header, ref int position)
    {
        var conditions = new List<IfCondition>();
        while (Skip(header, ref position))
        {
            if (header[position] == ')')
            {
                position++;
                return conditions;
            }
            var isNegated = string.Compare(header, position, "Not", 0, 3, StringComparison.OrdinalIgnoreCase) == 0;
            if (isNegated)
                position += 3;
            if (!Skip(header, ref position))
                return null;
            if (header[position] == '<' && ReadUntil(header, ref position, '>') is { } token)
                conditions.Add(new IfCondition(isNegated, token, null));
            else if (position < header.Length && header[position] == '[' && ReadUntil(header, ref position, ']') is { } etag)
                conditions.Add(new IfCondition(isNegated, null, etag));
            else
                return null;
        }
        return null;
    }

    /// <summary>Skips to the next character that is not a blank; false at the end.</summary>
    private static bool Skip(string header, ref int position)
    {
        while (position < header.Length && (header[position] is ' ' or '\t'))
            position++;
        return position < header.Length;
    }

    /// <summary>Reads the text between two brackets; null when the second one is missing.</summary>
    private static string? ReadUntil(string header, ref int position, char end)
    {
        var close = header.IndexOf(end, position);
        if (close < 0)
            return null;
        var text = header[(position + 1)..close];
        position = close + 1;
        return text;
    }
}
