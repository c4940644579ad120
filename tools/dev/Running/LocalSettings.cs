using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudreve.Dev.Running;

/// <summary>The app settings of a developer, in the file that Core Tools also read.</summary>
internal static class LocalSettings
{
    private const string Emulator = "UseDevelopmentStorage=true";
    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads <c>local.settings.json</c>, or the sample when the developer has none.</summary>
    /// <exception cref="CommandException">The file is encrypted or malformed.</exception>
    public static IReadOnlyDictionary<string, string> Read(Repository repository)
    {
        var own = repository.Path("local.settings.json");
        return ReadFile(File.Exists(own) ? own : repository.Path("local.settings.sample.json"));
    }

    /// <summary>Reads the values of a settings file. The emulator is left out: a run starts its own.</summary>
    /// <exception cref="CommandException">The file is encrypted or malformed.</exception>
    public static IReadOnlyDictionary<string, string> ReadFile(string file)
    {
        try
        {
            var settings = JsonNode.Parse(File.ReadAllText(file), documentOptions: s_lenient);
            if (settings?["IsEncrypted"]?.GetValue<bool>() is true)
                throw new CommandException($"{file} is encrypted: run 'func settings decrypt' in its folder.");
            return (settings?["Values"]?.AsObject() ?? [])
                .Select(setting => KeyValuePair.Create(setting.Key, setting.Value?.ToString() ?? ""))
                .Where(setting => setting is not { Key: RunSettings.Storage, Value: Emulator })
                .ToDictionary(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CommandException($"{file} is not a settings file: {e.Message}");
        }
    }
}
