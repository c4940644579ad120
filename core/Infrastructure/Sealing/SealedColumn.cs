using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Infrastructure.Sealing;

/// <summary>
/// A text of a row that is sealed if there is a key for it; a second column names the key. Texts that were stored before there was one are
/// read as they are.
/// </summary>
internal static class SealedColumn
{
    private const string KeyIdSuffix = "_sealed_by";

    /// <summary>Writes a text. An empty one is not a secret, and is stored as it is.</summary>
    /// <param name="row">A new row, whose keys become part of the seal.</param>
    /// <param name="name">The column.</param>
    public static void Write(Row row, string name, string text, SealingKeys keys)
    {
        row[name] = "";
        if (text.Length == 0 || keys.CurrentId is null)
        {
            LongText.Write(row, name, text);
            return;
        }
        LongText.Write(row, name, keys.Seal(PurposeOf(row, name), text));
        row[name + KeyIdSuffix] = keys.CurrentId;
    }

    /// <summary>Reads a text; empty when there is none.</summary>
    /// <param name="name">The column.</param>
    public static string Read(Row row, string name, SealingKeys keys)
    {
        var text = LongText.Read(row, name) ?? "";
        return row.Text(name + KeyIdSuffix) is { } keyId ? keys.Open(keyId, PurposeOf(row, name), text) : text;
    }

    /// <summary>Checks whether a text is as <see cref="Write"/> would store it now.</summary>
    /// <param name="name">The column.</param>
    public static bool IsCurrent(Row row, string name, SealingKeys keys) =>
        keys.CurrentId is null || row.Text(name) is null or "" || string.Equals(row.Text(name + KeyIdSuffix), keys.CurrentId, StringComparison.Ordinal);

    private static string PurposeOf(Row row, string name) => $"{row.PartitionKey}/{row.RowKey}/{name}";
}
