namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Encrypted zips, made by Info-ZIP 3.0 (<c>zip -P</c>) and 7-Zip 26.02 (<c>7zz a -tzip -mem=AES256 -p</c>).</summary>
internal static class EncryptedZips
{
    public const string Password = "open sesame";

    public const string Text = "a secret that is told only to those who know the word";

    private const string ZipCrypto =
        "UEsDBBQACQAIAAAAIlirT1ZJPAAAADUAAAAKABwAc2VjcmV0LnR4dFVUCQADAFKTZTPtC2t1eAsAAQQAAAAABAAAAAC5F1k83ld1FYf074EuY4PEn31al6qV" +
        "f1StlM0He4ScyEtKzTQY55YX4xqHHL/9FK/uF4b+YinL0f4ro71QSwcIq09WSTwAAAA1AAAAUEsBAh4DFAAJAAgAAAAiWKtPVkk8AAAANQAAAAoAGAAAAAAA" +
        "AQAAAKSBAAAAAHNlY3JldC50eHRVVAUAAwBSk2V1eAsAAQQAAAAABAAAAABQSwUGAAAAAAEAAQBQAAAAkAAAAAAA";

    private const string Aes128 =
        "UEsDBDMAAQBjAAAAIlgAAAAARAAAADUAAAAKAAsAc2VjcmV0LnR4dAGZBwACAEFFAQgAU2WWfL8NtDE7IFIWGr8Gao/GM68HNdCHebAwaXjV7HJwenh4NP92" +
        "vA0bCJngnSbY+upfSfL4TqFbV2DAIflShjLNn4VQSwECPwMzAAEAYwAAACJYAAAAAEQAAAA1AAAACgAvAAAAAAAAACCApIEAAAAAc2VjcmV0LnR4dAoAIAAA" +
        "AAAAAQAYAACA86AOPdoBAAAAAAAAAAAAAAAAAAAAAAGZBwACAEFFAQgAUEsFBgAAAAABAAEAZwAAAHcAAAAAAA==";

    private const string Aes256 =
        "UEsDBDMAAQBjAAAAIlgAAAAATAAAADUAAAAKAAsAc2VjcmV0LnR4dAGZBwACAEFFAwgAQDYmG81Fqr8XTPnrI6PB4LbKuevfoGXe1DZ+HBLaJO1tyNZ6a+GO" +
        "wNfYL7QPfiyGbh3qi+URco1/eM57JnKBNSIhMc7gHUos6m7JO1BLAQI/AzMAAQBjAAAAIlgAAAAATAAAADUAAAAKAC8AAAAAAAAAIICkgQAAAABzZWNyZXQu" +
        "dHh0CgAgAAAAAAABABgAAIDzoA492gEAAAAAAAAAAAAAAAAAAAAAAZkHAAIAQUUDCABQSwUGAAAAAAEAAQBnAAAAfwAAAAAA";

    public static byte[] Of(string method) => Convert.FromBase64String(method switch
    {
        "zipcrypto" => ZipCrypto,
        "aes128" => Aes128,
        "aes256" => Aes256,
        _ => throw new ArgumentOutOfRangeException(nameof(method)),
    });
}
