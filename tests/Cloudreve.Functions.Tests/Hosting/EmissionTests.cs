using System.Text.Json;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Emission;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class EmissionTests
{
    private static IReadOnlyList<NamedDefinition> Define(Action<WebApplication>? map = null)
    {
        var app = CloudreveApp.Build(["--emit-functions", "unused"]);
        map?.Invoke(app);
        return app.Services.GetRequiredService<FunctionEmitter>().Define(((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints));
    }

    private static string Text(IReadOnlyList<NamedDefinition> all, string name) => FunctionEmitter.Text(all.Single(d => d.Name == name).Definition);

    [Fact]
    public void Given_the_app_when_its_functions_are_defined_then_each_is_one_trigger_and_valid_json()
    {
        foreach (var (name, definition) in Define())
        {
            using var json = JsonDocument.Parse(FunctionEmitter.Text(definition));
            var bindings = json.RootElement.GetProperty("bindings").EnumerateArray().ToArray();
            Assert.True(bindings[0].GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.Ordinal), name);
            Assert.DoesNotContain(bindings, b => b.GetProperty("name").GetString() == "$return");
        }
    }

    [Fact]
    public void Given_an_http_endpoint_when_it_is_defined_then_it_has_one_input_and_one_output()
    {
        Assert.Equal(
            """
            {
              "bindings": [
                {
                  "type": "httpTrigger",
                  "route": "api/v4/site/ping",
                  "methods": [
                    "get"
                  ],
                  "authLevel": "anonymous",
                  "name": "request",
                  "direction": "in"
                },
                {
                  "type": "http",
                  "name": "response",
                  "direction": "out"
                }
              ]
            }

            """,
            Text(Define(), "Ping"));
    }

    [Fact]
    public void Given_the_control_function_when_it_is_defined_then_it_reads_the_control_queue_and_is_given_a_client_of_the_task_hub()
    {
        Assert.Equal(
            """
            {
              "bindings": [
                {
                  "type": "queueTrigger",
                  "queueName": "cloudreve-control",
                  "connection": "AzureWebJobsStorage",
                  "name": "message",
                  "direction": "in"
                },
                {
                  "type": "durableClient",
                  "name": "client",
                  "direction": "in"
                }
              ]
            }

            """,
            Text(Define(), "ControlOrchestration"));
    }

    [Fact]
    public void Given_the_start_function_when_it_is_defined_then_it_reads_the_start_queue_and_starts_instances()
    {
        Assert.Equal(
            """
            {
              "bindings": [
                {
                  "type": "queueTrigger",
                  "queueName": "cloudreve-start",
                  "connection": "AzureWebJobsStorage",
                  "name": "message",
                  "direction": "in"
                },
                {
                  "type": "durableClient",
                  "name": "starter",
                  "direction": "out"
                }
              ]
            }

            """,
            Text(Define(), "StartOrchestration"));
    }

    [Fact]
    public void Given_constraints_and_a_catch_all_when_they_are_defined_then_the_template_keeps_them()
    {
        var all = Define(app => app.MapMethods("/dav/{id:int}/{**path}", ["PROPFIND", "MKCOL"], () => "").WithName("Dav"));

        var text = Text(all, "Dav");
        Assert.Contains("\"route\": \"dav/{id:int}/{*path}\"", text, StringComparison.Ordinal);
        Assert.Contains("\"propfind\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_a_catch_all_that_sorts_before_a_literal_route_when_functions_are_defined_then_it_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Define(app => app.MapGet("/{**path}", () => "").WithName("App")));

        Assert.Contains("App comes before Ping", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_a_parameter_that_sorts_after_the_literal_route_when_functions_are_defined_then_both_are_kept()
    {
        var all = Define(app =>
        {
            app.MapGet("/api/v4/things/list", () => "").WithName("AllThings");
            app.MapGet("/api/v4/things/{id}", (string id) => id).WithName("Thing");
        });

        Assert.Contains(all, d => d.Name == "AllThings");
        Assert.Contains(all, d => d.Name == "Thing");
    }

    [Fact]
    public void Given_a_parameter_that_sorts_before_the_literal_route_when_functions_are_defined_then_it_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Define(app =>
        {
            app.MapGet("/api/v4/things/list", () => "").WithName("ThingList");
            app.MapGet("/api/v4/things/{id}", (string id) => id).WithName("Thing");
        }));
    }

    [Fact]
    public void Given_a_route_that_opens_invocations_when_functions_are_defined_then_it_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Define(app => app.MapPost("/{name}", (string name) => name).WithName("Open")));

        Assert.Contains("invoke", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/x")]
    [InlineData("/Runtime")]
    public void Given_a_route_that_the_host_keeps_for_itself_when_functions_are_defined_then_it_is_refused(string route)
    {
        Assert.Throws<InvalidOperationException>(() => Define(app => app.MapGet(route, () => "").WithName("Reserved")));
    }

    [Fact]
    public void Given_an_endpoint_without_a_name_when_functions_are_defined_then_it_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Define(app => app.MapGet("/api/v4/nameless", () => "")));
    }

    [Fact]
    public void Given_an_older_function_in_the_folder_when_functions_are_emitted_then_it_is_gone()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "Old"));
            File.WriteAllText(Path.Combine(folder.FullName, "Old", "function.json"), "{}");
            var app = CloudreveApp.Build(["--emit-functions", folder.FullName]);

            app.Services.GetRequiredService<FunctionEmitter>().Emit(folder.FullName, ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints));

            Assert.False(File.Exists(Path.Combine(folder.FullName, "Old", "function.json")));
            Assert.True(File.Exists(Path.Combine(folder.FullName, "Ping", "function.json")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
