using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>A path in a row: its names with slashes, which no name holds, so that the deepest path takes only its characters.</summary>
internal static class PathText
{
    public static void Write(Row row, string property, FilePath? path)
    {
        if (path is not null)
            LongText.Write(row, property, path.ToString());
    }

    public static FilePath? Read(Row row, string property) => LongText.Read(row, property) switch
    {
        null => null,
        ['/', .. var names] => names.Length == 0 ? FilePath.Root : new FilePath(names.Split('/')),
        // Earlier releases wrote JSON.
        var json => new FilePath(JsonSerializer.Deserialize(json, PathJson.Default.StringArray)!),
    };
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class PathJson : JsonSerializerContext;
