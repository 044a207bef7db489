"""Models of the transformers library, tiny and with weights drawn by chance, as folders."""

import warnings

FRAMES, BANDS = 64, 32
AST_SAMPLES = (FRAMES - 1) * 160 + 400  # as many as make these frames


def _seed():
    import torch

    torch.manual_seed(11)


def save(folder, *parts):
    for part in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            part.save_pretrained(folder)
    return folder


def ast(folder, labels=("calm", "loud", "odd"), **changes):
    """An Audio Spectrogram Transformer of one layer."""
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    _seed()
    names = dict(enumerate(labels))
    config = ASTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                       intermediate_size=64, max_length=FRAMES, num_mel_bins=BANDS,
                       id2label=names, label2id={v: k for k, v in names.items()},
                       initializer_range=0.5, **changes)
    extractor = ASTFeatureExtractor(max_length=FRAMES, num_mel_bins=BANDS, mean=-4.0, std=4.5)
    return save(folder, ASTForAudioClassification(config).eval(), extractor)


def of_waveforms(folder, family):
    """A model of one layer of a family such as ``Wav2Vec2``."""
    import transformers

    _seed()
    names = {0: "calm", 1: "loud"}
    config = getattr(transformers, f"{family}Config")(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        conv_dim=(16, 16), conv_kernel=(10, 3), conv_stride=(5, 2), num_feat_extract_layers=2,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, classifier_proj_size=16,
        id2label=names, label2id={v: k for k, v in names.items()}, initializer_range=0.5,
    )  # fmt: skip
    model = getattr(transformers, f"{family}ForSequenceClassification")(config).eval()
    return save(folder, model, transformers.Wav2Vec2FeatureExtractor(do_normalize=True))


def clap(folder, *, fusion=False):
    """A CLAP with an audio tower of two layers and a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        ClapAudioConfig,
        ClapConfig,
        ClapFeatureExtractor,
        ClapModel,
        ClapTextConfig,
        PreTrainedTokenizerFast,
    )

    _seed()
    text = ClapTextConfig(vocab_size=20, hidden_size=32, num_hidden_layers=1,
                          num_attention_heads=2, intermediate_size=64, max_position_embeddings=40,
                          initializer_factor=8.0)
    audio = ClapAudioConfig(patch_embeds_hidden_size=16, hidden_size=32, depths=[1, 1],
                            num_attention_heads=[2, 2], num_hidden_layers=2,
                            enable_fusion=fusion)
    config = ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(),
                        projection_dim=24, logit_scale_init_value=100.0)
    words = ["<s>", "<pad>", "</s>", "<unk>", "This", "is", "a", "sound", "of", "calm", "rock",
             "loud", "jazz", "."]
    plain = Tokenizer(models.WordLevel({w: k for k, w in enumerate(words)}, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="<pad>",
                                        unk_token="<unk>")
    extractor = ClapFeatureExtractor(truncation="fusion" if fusion else "rand_trunc",
                                     frequency_min=50)
    return save(folder, ClapModel(config).eval(), tokenizer, extractor)
