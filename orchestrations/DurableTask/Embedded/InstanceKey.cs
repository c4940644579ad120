using System.Globalization;
using System.Text;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>Keys of an instance's rows and blobs.</summary>
internal static class InstanceKey
{
    /// <summary>Characters of an instance id. Escaped, each takes up to five of the 512 that a key may have.</summary>
    public const int MaximumIdLength = 100;

    public const string InstanceRow = "i";
    public const string HistoryPrefix = "h|";
    public const string InboxPrefix = "m|";
    public const string StartPrefix = "s|";

    public static bool IsValid(string instanceId) => instanceId.Length is > 0 and <= MaximumIdLength;

    /// <summary>The partition of an instance: its id, with everything escaped that a key or a blob name may not hold.</summary>
    public static string Partition(string instanceId)
    {
        var key = new StringBuilder(instanceId.Length);
        foreach (var c in instanceId)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '@' or ':')
                key.Append(c);
            else
                key.Append(CultureInfo.InvariantCulture, $"!{(int)c:x4}");
        }
        return key.ToString();
    }

    public static string History(long generation, int chunk) => string.Create(CultureInfo.InvariantCulture, $"{HistoryPrefix}{generation:d10}|{chunk:d6}");

    public static string Start(long generation) => string.Create(CultureInfo.InvariantCulture, $"{StartPrefix}{generation:d10}");

    /// <summary>Messages of clients, in the order in which they were accepted.</summary>
    public static string Message(long sequence) => string.Create(CultureInfo.InvariantCulture, $"{InboxPrefix}0|{sequence:d20}");

    /// <summary>The event that an instance sent by its action of this number: the same key however often it is sent.</summary>
    public static string SentEvent(string senderExecutionId, int actionId) =>
        string.Create(CultureInfo.InvariantCulture, $"{InboxPrefix}1|{senderExecutionId}|{actionId:d10}");
}
