// Package config reads volo.yml, the file that says which IDLs a project uses
// and what to generate from them. The keys are those of the Rust Volo, so that
// one file can be read by people who know either:
//
//	entries:
//	  default:
//	    protocol: thrift           # or protobuf
//	    filename: gen              # folder for generated code, "gen" if absent
//	    repos:                     # git repositories that services name
//	      idl: { url: git@host:team/idl.git, ref: main, lock: 4f1c… }
//	    services:
//	      - idl:
//	          source: local        # or git, with repo: idl
//	          path: idl/echo.thrift
//	          includes: [idl]
//	        codegen_option:
//	          touch: [Audit]       # generate these too, although nothing reaches them
//	          keep_unknown_fields: true
//	          config: { no_service: true }
//	    touch_all: true            # generate everything, reached or not
//
// touch and keep_unknown_fields are for Thrift; of Protobuf everything is
// generated, and unknown fields are kept.
//
// What this version of volo does not act upon yet (git sources, dedups,
// special_namings, split_generated_files, descriptors, field masks) it refuses
// by name.
//
// Paths are relative to the file. [Parse] reports every problem of a file, not
// only the first, each with its place; a key that nobody reads is a problem,
// not a wish that goes unheard.
package config
