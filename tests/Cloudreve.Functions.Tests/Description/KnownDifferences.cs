using System.Text.RegularExpressions;

namespace Cloudreve.Functions.Tests.Description;

/// <summary>Known differences between the app's description and the contract, with their reasons.</summary>
internal static class KnownDifferences
{
    private static readonly (string Pattern, string Reason)[] s_known =
    [
        (@"- (.*\.)?error: ", "inner errors are for a debug mode that the app does not have"),
        (@"- .*permissions?(_setting)?\b", "permissions of single files belong to the Pro edition"),
        (@"- .*(storage_policy|children)(\[\])?\.(children|weight|streaming_encryption|\w+)\b", "load-balanced policies belong to the Pro edition"),
        (@"listAvailableStoragePolicies - data\[\]\.(streaming_encryption|weight|children)", "load-balanced policies belong to the Pro edition"),
        (@"- .*storage_policy_inherited", "policies of folders belong to the Pro edition"),
        (@"- .*(credit|price|group_skus|payment\b|storage_products|share_point_gain_rate|storage_pack_total|ticket)", "payments belong to the Pro edition"),
        (@"- .*group_expires", "memberships that end belong to the Pro edition"),
        (@"\+ .*\.group\.(direct_link_batch_size|trash_retention|permission)|\+ data\[\]\.(direct_link_batch_size|trash_retention|permission)", "one record shows a group in every view; others see less of it"),
        (@"\+ .*\.(anonymous|language|pined|preferred_theme|status)\b", "one record shows a user in every view; others see less of it"),
        (@"\+ .*pagination\.total_items", "one record shows where every list stands"),
        (@"\+ data\.(options\.)?publicKey", "the contract leaves the options of WebAuthn open"),
        (@"getSiteSettings - data\.custom_props\[\]", "custom properties pass through as the administrator wrote them"),
        (@"getSiteSettings - data\.captcha_cap_secret_key", "it is a secret"),
        (@"createUploadSession - data\.(ak|credential|keyTime|upload_policy)", "it belongs to other storage providers"),
        (@"listFileActivities - data\.activities\[\]\.content\.(entity_create_time|exts|storage_policy|storage_policy_id)", "the activities that carry it do not exist yet"),
        (@"getThumbnailUrl - data\.obfuscated", "addresses of thumbnails are never obfuscated"),
        (@"passwordSignIn - data: string", "the second step's id, which comes with code 203"),
        (@"finishSignInWith2FA - body\.opt", "the documentation misspells otp"),
        (@"finishPasskeyRegistration - body\.u: ", "the documentation misspells ua"),
        (@"deleteFileVersion - query ", "the documentation names it in the query, too; clients send it in the body"),
        (@"createViewerSession - body\.parent_uri", "the app finds the folder by itself"),
        (@"createArchive - body\.(encoding|file_mask|password)", "the documentation repeats fields of extraction"),
        (@"createArchive \+ body\.format", "archives in other forms are an addition"),
        (@"importExternalFiles \+ body\.(dry_run|mirror|interval)", "dry runs and mirrors are additions"),
        (@"(createArchive|extractArchive|createRemoteDownload) - body\.preferred_node_id", "choosing nodes belongs to the Pro edition, and the site is its only node"),
        (@"(updateFileContent|uploadFileChunk|updateProfilePicture) - body: string|getProfilePicture - : string", "content that is no JSON"),
    ];

    /// <summary>Checks whether a difference is known.</summary>
    /// <param name="line">Operation, sign and line: <c>-</c> for what the contract alone has, <c>+</c> for what the app alone has.</param>
    public static bool Explain(string line) => Array.Exists(s_known, known => IsMatch(line, known.Pattern));

    /// <summary>The patterns that explain none of the given differences.</summary>
    /// <param name="lines">All differences.</param>
    public static IEnumerable<string> Unused(IReadOnlyCollection<string> lines) =>
        s_known.Where(known => !lines.Any(line => IsMatch(line, known.Pattern))).Select(known => known.Pattern);

    private static bool IsMatch(string line, string pattern) => Regex.IsMatch(line, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
