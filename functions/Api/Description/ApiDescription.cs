using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Accounts;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.FrontEnd;
using Cloudreve.Functions.WebDav;

namespace Cloudreve.Functions.Api.Description;

/// <summary>
/// Describes the API in OpenAPI 3.1, from the functions' declarations: routes, admitted callers, parameters, bodies and responses.
/// </summary>
/// <param name="functions">The app's functions.</param>
internal sealed class ApiDescription(HttpFunctions functions)
{
    private const string Json = "application/json";
    private const string Envelope = "Response";
    private const string BearerScheme = "bearerAuth";

    private readonly SchemaCatalog _schemas = new();
    private readonly MethodSummaries _summaries = new(typeof(ApiDescription).Assembly);

    /// <summary>Writes the document.</summary>
    public static JsonObject Write(HttpFunctions functions) => new ApiDescription(functions).Write();

    private JsonObject Write()
    {
        _schemas.Add(Envelope, DescribeEnvelope());
        var paths = new JsonObject();
        foreach (var route in functions.All.Where(IsDescribed).GroupBy(function => "/" + function.Route).OrderBy(route => route.Key, StringComparer.Ordinal))
        {
            paths[route.Key] = new JsonObject(route
                .SelectMany(function => function.Methods.Where(method => !HttpMethods.IsHead(method)).Select(method => (method, function)))
                .Select(operation => KeyValuePair.Create(operation.method.ToLowerInvariant(), (JsonNode?)Describe(operation.function))));
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Cloudreve.Functions", ["version"] = ProductVersion.Text },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    [BearerScheme] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
                },
                ["schemas"] = _schemas.Write(),
            },
        };
    }

    /// <summary>Pages for people, other protocols, and preflight requests of browsers are not part of the API.</summary>
    private static bool IsDescribed(HttpFunction function) =>
        function.Method.DeclaringType != typeof(FrontEndFunctions)
        && function.Method.DeclaringType != typeof(DescriptionFunctions)
        && function.Method.DeclaringType!.Namespace != typeof(DavFunctions).Namespace
        && !function.Methods.All(HttpMethods.IsOptions);

    private JsonObject Describe(HttpFunction function)
    {
        var method = function.Method;
        var operation = new JsonObject
        {
            ["operationId"] = JsonNamingPolicy.CamelCase.ConvertName(function.Name),
            ["tags"] = new JsonArray(GroupOf(method.DeclaringType!)),
            ["security"] = DescribeAccess(function.Requirement),
        };
        if (_summaries.Find(method) is { } summary)
            operation["summary"] = summary;
        JsonObject[] parameters = [.. PathParameters(function), .. method.GetCustomAttributes<QueryParameterAttribute>().Select(DescribeQuery)];
        if (parameters.Length > 0)
            operation["parameters"] = new JsonArray(parameters);
        if (DescribeBody(method) is { } body)
            operation["requestBody"] = body;
        operation["responses"] = DescribeAnswers([.. method.GetCustomAttributes<AnswersAttribute>()]);
        return operation;
    }

    /// <summary>The folder of a function below the API's folder, as its group.</summary>
    private static string GroupOf(Type type)
    {
        var api = typeof(ApiComposition).Namespace!.Length;
        return type.Namespace![(api + 1)..].Split('.')[0];
    }

    private static JsonArray DescribeAccess(RequiresAttribute requirement)
    {
        if (requirement.Class == AuthClass.None)
            return [];
        var scopes = requirement.Scope is null or OAuthScopes.Any ? new JsonArray() : new JsonArray(requirement.Scope);
        var bearer = new JsonObject { [BearerScheme] = scopes };
        return requirement.Class == AuthClass.Optional ? [new JsonObject(), bearer] : [bearer];
    }

    private static IEnumerable<JsonObject> PathParameters(HttpFunction function) =>
        function.Route.Split('/').Where(segment => segment.StartsWith('{')).Select(segment => new JsonObject
        {
            ["name"] = segment.Trim('{', '}', '*'),
            ["in"] = "path",
            ["required"] = true,
            ["schema"] = new JsonObject { ["type"] = "string" },
        });

    private JsonObject DescribeQuery(QueryParameterAttribute parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = "query",
        ["required"] = parameter.IsRequired,
        ["schema"] = _schemas.Of(parameter.Type),
    };

    private JsonObject? DescribeBody(MethodInfo method)
    {
        if (method.GetCustomAttribute<ConsumesAttribute>() is { } consumes)
            return new JsonObject { ["content"] = new JsonObject { [consumes.ContentType] = new JsonObject() }, ["required"] = true };
        return method.GetParameters().FirstOrDefault(parameter => parameter.IsDefined(typeof(JsonBodyAttribute), inherit: false)) is { } body
            ? new JsonObject { ["content"] = Content(Json, _schemas.Of(body.ParameterType)), ["required"] = true }
            : null;
    }

    private JsonObject DescribeAnswers(IReadOnlyList<AnswersAttribute> answers)
    {
        if (answers.Count == 0)
            return new JsonObject { ["200"] = Answer(StatusCodes.Status200OK, Content(Json, SchemaCatalog.Reference(Envelope))) };
        return new JsonObject(answers.GroupBy(answer => answer.Status).Select(group => KeyValuePair.Create(
            group.Key.ToString(System.Globalization.CultureInfo.InvariantCulture),
            (JsonNode?)Answer(group.Key, new JsonObject(group.Where(answer => answer.ContentType is not null).Select(DescribeContent))))));
    }

    private KeyValuePair<string, JsonNode?> DescribeContent(AnswersAttribute answer)
    {
        if (answer.Data is null)
            return KeyValuePair.Create(answer.ContentType!, (JsonNode?)new JsonObject());
        var payload = _schemas.Of(answer.Data);
        return KeyValuePair.Create(answer.ContentType!, (JsonNode?)new JsonObject { ["schema"] = answer.IsBare ? payload : Wrap(payload) });
    }

    private static JsonObject Answer(int status, JsonObject content)
    {
        var answer = new JsonObject { ["description"] = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status) };
        if (content.Count > 0)
            answer["content"] = content;
        return answer;
    }

    private static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Wrap(JsonNode payload) => new()
    {
        ["allOf"] = new JsonArray(
            SchemaCatalog.Reference(Envelope),
            new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["data"] = payload } }),
    };

    /// <summary>The envelope of every JSON answer (contract, section 1).</summary>
    private static JsonObject DescribeEnvelope() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject
            {
                ["type"] = "integer",
                ["description"] = "0 for success, 203 when another step is needed, 40081 when some items of a batch failed, others for failures.",
            },
            ["msg"] = new JsonObject { ["type"] = "string", ["description"] = "A message for people; empty on success." },
            ["data"] = new JsonObject { ["description"] = "The payload; left out when there is none." },
            ["aggregated_error"] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = "The failures of a batch by URI or id.",
                ["additionalProperties"] = SchemaCatalog.Reference(Envelope),
            },
            ["correlation_id"] = new JsonObject { ["type"] = "string", ["description"] = "The id of the request; only with failures." },
        },
        ["required"] = new JsonArray("code", "msg"),
    };
}
