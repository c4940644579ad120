using System.Reflection;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Azure.Functions.Worker;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Tests that every setting and every field of a body is read, or is in a list here with the reason why it has no effect.</summary>
public sealed class UnusedInputTests
{
    // The contract lists them, so the administration shows and keeps them. Their features do not exist on a serverless site, or not yet.
    private static readonly Dictionary<string, string[]> s_settingsWithoutEffect = new()
    {
        ["schedules are timers of the Functions host"] = ["cron_entity_collect", "cron_garbage_collect", "cron_oauth_cred_refresh", "cron_trash_bin_collect"],
        ["the host retries and limits the work"] =
        [
            .. from queue in (string[])["media_meta", "recycle", "thumb"]
               from name in (string[])["max_execution", "backoff_factor", "backoff_max_duration", "max_retry", "retry_delay", "worker_num"]
               select $"queue_{queue}_{name}",
        ],
        ["there are no local folders, nodes or buffers"] =
            ["chunk_retries", "slave_api_timeout", "temp_path", "thumb_entity_suffix", "thumb_slave_sidecar_suffix", "use_temp_chunk_buffer"],
        ["texts are read and indexed by the site itself, not by services"] =
        [
            "fts_chunk_size", "fts_extractor_type", "fts_index_type", "fts_meilisearch_api_key", "fts_meilisearch_embed_config",
            "fts_meilisearch_embed_enabled", "fts_meilisearch_endpoint", "fts_tika_endpoint",
        ],
        ["raw photos are decoded by no program of the site, and memory is given back without being asked"] =
            ["thumb_gc_after_gen", "thumb_libraw_enabled", "thumb_libraw_exts", "thumb_libraw_max_size", "thumb_libraw_path"],
        ["pictures of captchas have one degree of noise"] = ["captcha_ComplexOfNoiseDot", "captcha_ComplexOfNoiseText"],
        ["all blobs are remote, and tags are read where cameras and players write them"] =
        [
            "media_meta_exif_brute_force", "media_meta_exif_size_local", "media_meta_music_size_local", "media_meta_music_size_remote",
            "media_meta_ffprobe_size_local",
        ],
    };

    private static readonly Dictionary<string, string> s_fieldsWithoutEffect = new()
    {
        ["CreateUploadRequest.PolicyId"] = "the policy is that of the caller's group (contract, section 14)",
    };

    private static readonly Assembly[] s_assemblies = [typeof(SiteSetting).Assembly, typeof(HttpFunction).Assembly, Assembly.Load("Cloudreve.Orchestrations")];

    [Fact]
    public void Given_all_settings_when_their_readers_are_looked_for_then_only_listed_ones_have_none()
    {
        // A class of settings lists its own; that reads none.
        var read = UsedMembers.MethodsOf(s_assemblies)
            .Where(method => !(method.IsConstructor && method.DeclaringType!.Name.EndsWith("Setting", StringComparison.Ordinal)))
            .SelectMany(UsedMembers.Of).OfType<FieldInfo>()
            .Where(field => field.IsStatic && typeof(Setting).IsAssignableFrom(field.FieldType))
            .Select(field => ((Setting)field.GetValue(null)!).Key)
            .ToHashSet();

        var unread = SiteSetting.All.Select(setting => setting.Key).Except(read).Order(StringComparer.Ordinal);

        Assert.Equal(s_settingsWithoutEffect.Values.SelectMany(keys => keys).Order(StringComparer.Ordinal), unread);
    }

    [Fact]
    public void Given_all_bodies_when_readers_of_fields_are_looked_for_then_only_listed_ones_have_none()
    {
        var called = UsedMembers.MethodsOf(s_assemblies).Where(method => !IsMadeForRecords(method)).SelectMany(UsedMembers.Of).OfType<MethodInfo>().ToHashSet();

        var unread = Bodies().SelectMany(body => body.GetProperties()).Where(property => !IsCalled(property, called))
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}").Order(StringComparer.Ordinal);

        Assert.Equal(s_fieldsWithoutEffect.Keys.Order(StringComparer.Ordinal), unread);
    }

    /// <summary>The compiler's own members of a record touch every property.</summary>
    private static bool IsMadeForRecords(MethodBase method) => method.Name is "PrintMembers" or "Deconstruct" or "Equals" or "GetHashCode";

    private static bool IsCalled(PropertyInfo property, HashSet<MethodInfo> called) =>
        called.Contains(property.GetMethod!)
        || property.DeclaringType!.GetInterfaces().Any(type => type.GetProperty(property.Name)?.GetMethod is { } getter && called.Contains(getter));

    private static IEnumerable<Type> Bodies() =>
        from method in UsedMembers.MethodsOf(typeof(HttpFunction).Assembly)
        where method.GetCustomAttribute<FunctionAttribute>() is not null
        from parameter in method.GetParameters()
        where parameter.GetCustomAttribute<JsonBodyAttribute>() is not null
        from body in PartsOf(parameter.ParameterType)
        group body by body into bodies
        select bodies.Key;

    /// <summary>A body and the requests that it holds.</summary>
    private static IEnumerable<Type> PartsOf(Type body) => body.GetProperties()
        .SelectMany(property => property.PropertyType.GetGenericArguments().Append(property.PropertyType))
        .Where(type => type.Assembly == typeof(HttpFunction).Assembly && type.Name.EndsWith("Request", StringComparison.Ordinal) && type != body)
        .SelectMany(PartsOf)
        .Prepend(body);
}
