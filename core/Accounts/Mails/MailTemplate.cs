using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Cloudreve.Core.Accounts.Mails;

/// <summary>
/// A mail of one language with placeholders such as <c>{{ .User.Nick }}</c> (contract, section 6). A placeholder that does not exist
/// stays as it is, for the operator to see.
/// </summary>
/// <param name="Language">Locale code.</param>
/// <param name="Title">The subject.</param>
/// <param name="Body">The text, in HTML.</param>
internal sealed partial record MailTemplate(string Language, string Title, string Body)
{
    /// <summary>The template of a language, compared without regard to case; the first one when there is none.</summary>
    /// <param name="json">A JSON list of templates, from a setting.</param>
    /// <param name="fallback">Takes the list's place when it is malformed or empty.</param>
    /// <param name="language">Locale code; null when unknown.</param>
    public static MailTemplate Choose(string json, string fallback, string? language)
    {
        var templates = Parse(json) ?? Parse(fallback)!;
        return templates.FirstOrDefault(template => string.Equals(template.Language, language, StringComparison.OrdinalIgnoreCase)) ?? templates[0];
    }

    /// <summary>The subject with its values, in one line.</summary>
    /// <param name="values">Values by placeholder, such as <c>User.Nick</c>.</param>
    public string RenderTitle(IReadOnlyDictionary<string, string> values) => Render(Title, values, text => text).ReplaceLineEndings(" ");

    /// <summary>The text with its values, which are HTML-encoded.</summary>
    /// <param name="values">Values by placeholder.</param>
    public string RenderBody(IReadOnlyDictionary<string, string> values) => Render(Body, values, WebUtility.HtmlEncode);

    /// <summary>Reads a list of templates; null when the text is invalid, or the list is empty.</summary>
    internal static MailTemplate[]? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MailJson.Default.MailTemplateArray) is { Length: > 0 } templates ? templates : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Render(string text, IReadOnlyDictionary<string, string> values, Func<string, string> escape) =>
        Placeholder().Replace(text, match => values.TryGetValue(match.Groups["name"].Value, out var value) ? escape(value) : match.Value);

    [GeneratedRegex("{{\\s*\\.(?<name>[A-Za-z.]+)\\s*}}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();
}

/// <summary>JSON of templates.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(MailTemplate[]))]
internal sealed partial class MailJson : JsonSerializerContext;
